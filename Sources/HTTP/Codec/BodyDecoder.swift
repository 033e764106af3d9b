/// Finds a message's content in the bytes that follow its head, whatever its framing.
package struct BodyDecoder: Sendable {
    private enum Kind: Sendable {
        case fixed(UInt64)
        case chunked(ChunkedDecoder)
        case untilClose
        case done
    }

    private var kind: Kind

    package init(_ framing: BodyFraming) {
        kind =
            switch framing {
            case .none, .length(0): .done
            case .length(let count): .fixed(count)
            case .chunked: .chunked(ChunkedDecoder())
            case .untilClose: .untilClose
            }
    }

    package var isComplete: Bool {
        if case .done = kind { true } else { false }
    }

    /// Content bytes that are still to come, where that is known.
    package var remaining: UInt64? {
        switch kind {
        case .fixed(let count): count
        case .done: 0
        case .chunked, .untilClose: nil
        }
    }

    /// Up to one run of content per call, as `ChunkedDecoder.decode`.
    package mutating func decode(_ bytes: Span<UInt8>) throws(HTTPError) -> BodyProgress {
        switch kind {
        case .done:
            return BodyProgress(consumed: 0, content: 0..<0, isComplete: true)
        case .untilClose:
            return BodyProgress(consumed: bytes.count, content: 0..<bytes.count, isComplete: false)
        case .fixed(let left):
            let count = Int(min(left, UInt64(bytes.count)))
            let rest = left - UInt64(count)
            kind = rest == 0 ? .done : .fixed(rest)
            return BodyProgress(consumed: count, content: 0..<count, isComplete: rest == 0)
        case .chunked(var decoder):
            let progress = try decoder.decode(bytes)
            kind = progress.isComplete ? .done : .chunked(decoder)
            return progress
        }
    }

    /// Content of a known length that is read past this decoder, straight to where it is wanted: how much there may be.
    var fixedRemaining: UInt64? {
        if case .fixed(let count) = kind { count } else { nil }
    }

    /// `count` bytes of content, at most `fixedRemaining`, were read past this decoder.
    mutating func skip(_ count: UInt64) {
        guard case .fixed(let left) = kind else { return }
        kind = count >= left ? .done : .fixed(left - count)
    }

    /// The connection has ended. True where that ends the content rightly.
    package mutating func endOfConnection() -> Bool {
        switch kind {
        case .untilClose, .done:
            kind = .done
            return true
        case .fixed, .chunked: return false
        }
    }
}

/// What a decoder made of the bytes it was given.
package struct BodyProgress: Sendable, Equatable {
    /// Bytes that are done with; the rest, if any, is to be given again (or belongs to the next message).
    package var consumed: Int
    /// Where content stands among the bytes given; empty where there is none.
    package var content: Range<Int>
    /// The content is complete.
    package var isComplete: Bool

    package init(consumed: Int, content: Range<Int>, isComplete: Bool) {
        self.consumed = consumed
        self.content = content
        self.isComplete = isComplete
    }
}

/// Takes chunks apart (RFC 9112, section 7.1). Extensions and trailers are bounded, checked and dropped.
package struct ChunkedDecoder: Sendable {
    private enum State: Sendable {
        case size, beginExtension, `extension`, sizeLF, data, dataCR, dataLF
        case trailerStart, trailerName, trailerValue, trailerLF, endLF, done
    }

    private var state = State.size
    /// Of the chunk: its size while that is read, then what is left of it.
    private var remaining: UInt64 = 0
    private var digits = 0
    private var trailerBytes = 0
    /// Framing may not outweigh content without end: bytes beyond a fair share per chunk run this budget down,
    /// content builds it up again.
    private var overhead = Self.overheadBudget

    static let overheadBudget = 16 << 10
    static let extensionShare = 16
    static let trailerLimit = 8 << 10

    package init() {}

    package var isComplete: Bool { state == .done }

    /// Up to one run of content per call: call again with the rest until it is complete or consumes nothing.
    package mutating func decode(_ bytes: Span<UInt8>) throws(HTTPError) -> BodyProgress {
        var index = 0
        while index < bytes.count, state != .done {
            if state == .data {
                let count = Int(min(remaining, UInt64(bytes.count - index)))
                remaining -= UInt64(count)
                overhead = min(Self.overheadBudget, overhead + count)
                if remaining == 0 { state = .dataCR }
                return BodyProgress(consumed: index + count, content: index..<index + count, isComplete: false)
            }
            try step(bytes[index])
            index += 1
        }
        return BodyProgress(consumed: index, content: index..<index, isComplete: state == .done)
    }

    private mutating func step(_ byte: UInt8) throws(HTTPError) {
        switch state {
        case .size, .beginExtension, .extension, .sizeLF: try sizeLine(byte)
        case .dataCR:
            guard byte == ByteClass.cr else { throw HTTPError(.badRequest, "a chunk is longer than its size") }
            state = .dataLF
        case .dataLF:
            guard byte == ByteClass.lf else { throw HeadScanner.bareCR }
            state = .size
            digits = 0
        case .trailerStart, .trailerName, .trailerValue, .trailerLF, .endLF: try trailer(byte)
        case .data, .done: break
        }
    }

    private mutating func sizeLine(_ byte: UInt8) throws(HTTPError) {
        switch (state, byte) {
        case (.size, ByteClass.cr) where digits > 0: state = .sizeLF
        case (.size, UInt8(ascii: ";")) where digits > 0: state = .extension
        case (.size, ByteClass.space) where digits > 0, (.size, ByteClass.tab) where digits > 0: state = .beginExtension
        case (.size, _):
            guard let value = ByteClass.hexValue(byte) else { throw HTTPError(.badRequest, "a malformed chunk size") }
            guard digits < 16 else { throw HTTPError(.badRequest, "a chunk size that is too large") }
            remaining = remaining << 4 | UInt64(value)
            digits += 1
            overhead -= digits == 1 ? 5 - Self.extensionShare : 1
        case (.beginExtension, ByteClass.space), (.beginExtension, ByteClass.tab): overhead -= 1
        case (.beginExtension, UInt8(ascii: ";")): state = .extension
        case (.beginExtension, _): throw HTTPError(.badRequest, "a malformed chunk size")
        case (.extension, ByteClass.cr): state = .sizeLF
        case (.extension, _):
            guard !ByteClass.isForbiddenInValue(byte) else { throw HeadScanner.controlCharacter(byte) }
            overhead -= 1
        default:
            guard byte == ByteClass.lf else { throw HeadScanner.bareCR }
            state = remaining == 0 ? .trailerStart : .data
        }
        guard overhead > 0 else { throw HTTPError(.badRequest, "more framing than content") }
        overhead = min(overhead, Self.overheadBudget)
    }

    private mutating func trailer(_ byte: UInt8) throws(HTTPError) {
        trailerBytes += 1
        guard trailerBytes <= Self.trailerLimit else { throw HTTPError(.headersTooLarge, "the trailers are too large") }
        switch (state, byte) {
        case (.trailerStart, ByteClass.cr): state = .endLF
        case (.trailerName, UInt8(ascii: ":")): state = .trailerValue
        case (.trailerStart, _), (.trailerName, _):
            guard ByteClass.isToken(byte) else { throw HTTPError(.badRequest, "a malformed trailer") }
            state = .trailerName
        case (.trailerValue, ByteClass.cr): state = .trailerLF
        case (.trailerValue, _):
            guard !ByteClass.isForbiddenInValue(byte) else { throw HeadScanner.controlCharacter(byte) }
        default:
            guard byte == ByteClass.lf else { throw HeadScanner.bareCR }
            state = state == .endLF ? .done : .trailerStart
        }
    }
}

/// Frames content that is sent, and holds it to the length that the head promised.
package struct BodyEncoder: Sendable {
    package let framing: BodyFraming
    /// Of a fixed length: what is still to be sent.
    package private(set) var remaining: UInt64

    /// `framing` as the head's encoder returned it.
    package init(_ framing: BodyFraming) {
        self.framing = framing
        remaining = if case .length(let count) = framing { count } else { 0 }
    }

    /// Appends content, framed. Content of an answer that has none (to HEAD) is dropped.
    package mutating func append(_ bytes: Span<UInt8>, to out: inout [UInt8]) throws(HTTPError) {
        guard try begin(bytes.count, to: &out) else { return }
        out.append(copying: bytes)
        end(to: &out)
    }

    package mutating func append(_ bytes: some Collection<UInt8>, to out: inout [UInt8]) throws(HTTPError) {
        guard try begin(bytes.count, to: &out) else { return }
        out.append(contentsOf: bytes)
        end(to: &out)
    }

    /// Opens a run of `count` bytes which the caller sends itself (from a file); `end` closes it.
    /// False where nothing is to be sent.
    package mutating func begin(_ count: Int, to out: inout [UInt8]) throws(HTTPError) -> Bool {
        guard count > 0 else { return false }
        switch framing {
        case .none: return false
        case .untilClose: break
        case .length:
            guard UInt64(count) <= remaining else {
                throw HTTPError(.internalServerError, "more content than the head promised")
            }
            remaining -= UInt64(count)
        case .chunked:
            out.append(contentsOf: String(count, radix: 16).utf8)
            out.append(contentsOf: [ByteClass.cr, ByteClass.lf])
        }
        return true
    }

    package func end(to out: inout [UInt8]) {
        if framing == .chunked { out.append(contentsOf: [ByteClass.cr, ByteClass.lf]) }
    }

    /// The last chunk, or the check that everything promised was sent.
    package func finish(to out: inout [UInt8]) throws(HTTPError) {
        switch framing {
        case .chunked: out.append(contentsOf: "0\r\n\r\n".utf8)
        case .length where remaining > 0:
            throw HTTPError(.internalServerError, "less content than the head promised")
        default: break
        }
    }
}

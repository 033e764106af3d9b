import Glibc

/// Lines of standard input as bytes, in bounded memory: of a line that is longer than the bound only that much and one
/// byte more is kept, so that whoever reads it can tell.
struct LineReader {
    private let limit: Int
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    init(limit: Int) {
        self.limit = limit
    }

    /// The next line without its end; nil at the end of the input.
    mutating func next() -> [UInt8]? {
        var line: [UInt8] = []
        var sawAnything = false
        while true {
            if position == buffer.count, !fill() { return sawAnything ? line : nil }
            sawAnything = true
            let rest = buffer[position...]
            let end = rest.firstIndex(of: 0x0A)
            let part = rest[..<(end ?? buffer.count)]
            line.append(contentsOf: part.prefix(max(0, limit + 1 - line.count)))
            position = end.map { $0 + 1 } ?? buffer.count
            if end != nil { return line }
        }
    }

    private mutating func fill() -> Bool {
        while !isAtEnd {
            buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            isAtEnd = count <= 0
            buffer.removeLast(buffer.count - max(0, count))
            position = 0
            if count > 0 { return true }
        }
        return false
    }
}

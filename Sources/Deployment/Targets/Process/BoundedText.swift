/// The first and the last bytes of a text of any length.
struct BoundedText: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    /// A ring once it is full: `start` is its oldest byte.
    private var tail: [UInt8] = []
    private var start = 0
    private(set) var total = 0

    init(limit: Int) {
        headLimit = max(0, limit) / 2
        tailLimit = max(0, limit) - headLimit
    }

    var omitted: Int { total - head.count - tail.count }

    mutating func append(_ bytes: [UInt8]) {
        total += bytes.count
        let first = bytes.prefix(headLimit - head.count)
        head.append(contentsOf: first)
        var rest = bytes[first.endIndex...].suffix(tailLimit)
        let free = rest.prefix(tailLimit - tail.count)
        tail.append(contentsOf: free)
        rest = rest[free.endIndex...]
        while !rest.isEmpty {
            let piece = rest.prefix(tail.count - start)
            tail.replaceSubrange(start..<start + piece.count, with: piece)
            start = (start + piece.count) % tail.count
            rest = rest[piece.endIndex...]
        }
    }

    var content: [UInt8] {
        let end = Array(tail[start...]) + tail[..<start]
        guard omitted > 0 else { return head + end }
        return head + Array("\n[... \(omitted) bytes left out ...]\n".utf8) + end
    }
}

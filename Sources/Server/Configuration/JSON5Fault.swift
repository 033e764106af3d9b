/// Where a text stops being JSON5, and why: Foundation's reader does not tell. Asked only of texts that it has refused.
struct JSON5Fault {
    /// From 1 on; columns are characters.
    let line: Int
    let column: Int
    let reason: String

    var description: String { "line \(line), column \(column): \(reason)" }

    /// Nil where nothing is wrong as far as can be seen here.
    static func find(in bytes: [UInt8]) -> JSON5Fault? {
        var scanner = JSON5Scanner(bytes: bytes)
        do throws(JSON5Scanner.Stop) {
            try scanner.skip()
            try scanner.value(depth: 0)
            try scanner.skip()
            guard scanner.next == nil else { throw scanner.stop("the text should end here, before \(scanner.shown)") }
            return nil
        } catch {
            let before = bytes[..<error.place]
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            return JSON5Fault(
                line: before.count { $0 == UInt8(ascii: "\n") } + 1,
                column: String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1, reason: error.reason)
        }
    }
}

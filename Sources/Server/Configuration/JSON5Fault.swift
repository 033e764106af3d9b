/// Where a text stops being JSON5, and why.
struct JSON5Fault: Error, CustomStringConvertible {
    /// From 1 on; columns are characters.
    let line: Int
    let column: Int
    let reason: String

    var description: String { "line \(line), column \(column): \(reason)" }

    /// - Parameter place: of a byte.
    init(_ reason: String, at place: Int, of bytes: [UInt8]) {
        let before = bytes[..<place]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        line = before.count { $0 == UInt8(ascii: "\n") } + 1
        column = String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1
        self.reason = reason
    }
}

import IO

/// Segments are named by the sequence of their first record in 20 digits, so that names sort as records do.
enum SegmentName {
    static let digits = 20
    static let termsSuffix = ".terms"

    static func path(_ directory: String, _ first: UInt64) -> String { directory + "/" + name(first) }
    static func indexPath(_ directory: String, _ first: UInt64) -> String { directory + "/" + padded(first) + ".idx" }
    static func termsPath(_ directory: String, _ first: UInt64) -> String { directory + "/" + padded(first) + termsSuffix }
    static func name(_ first: UInt64) -> String { padded(first) + ".log" }

    static func padded(_ first: UInt64) -> String {
        let text = String(first)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// The first sequence that a segment's file name stands for, or nil for other files.
    static func first(of name: String) -> UInt64? { first(of: name, suffix: ".log") }

    static func first(of name: String, suffix: String) -> UInt64? {
        guard name.utf8.count == digits + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        let number = name.utf8.prefix(digits)
        guard number.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        // Sequences start at 1.
        return UInt64(String(decoding: number, as: UTF8.self)).flatMap { $0 == 0 ? nil : $0 }
    }

    /// The first sequences of all segments in a directory, ascending.
    static func list(_ directory: String) throws(IOError) -> [UInt64] {
        try Files.list(directory).compactMap(first(of:)).sorted()
    }
}

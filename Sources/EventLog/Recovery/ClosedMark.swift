import IO

/// The file `closed` in the log's folder: the last sequence at the last orderly end, which was on disk then.
///
/// Without it, damage to the last records would look like the torn end that a crash leaves, and would be cut off without a word of complaint.
enum ClosedMark {
    static func path(_ directory: String) -> String { directory + "/closed" }

    static func write(_ directory: String, last: UInt64) throws(IOError) {
        try Files.replace(path(directory), with: encode(last))
    }

    /// 0 when there is no mark, or none that is intact.
    static func read(_ directory: String) throws(IOError) -> UInt64 {
        guard let bytes = try Files.read(path(directory), limit: 64) else { return 0 }
        let digits = bytes.prefix { $0 != UInt8(ascii: " ") }
        guard let last = UInt64(String(decoding: digits, as: UTF8.self)), encode(last) == bytes else { return 0 }
        return last
    }

    private static func encode(_ last: UInt64) -> [UInt8] {
        let digits = Array(String(last).utf8)
        let checksum = unsafe CRC32C.checksum(digits.span.bytes, 0..<digits.count)
        return digits + Array(" \(checksum)\n".utf8)
    }
}

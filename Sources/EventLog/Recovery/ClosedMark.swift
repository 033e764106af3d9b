import IO

/// The file `closed` in the log's folder: the last sequence at the last orderly end, which was on disk then.
///
/// Without it, damage to the last records would look like the torn end that a crash leaves, and would be cut off without a word of complaint.
/// A hub that goes on from there says so in it: records that come after one that does not were appended by somebody else.
enum ClosedMark {
    static func path(_ directory: String) -> String { directory + "/closed" }

    static func write(_ directory: String, last: UInt64) throws(IOError) {
        try Files.replace(path(directory), with: encode(last, isInUse: false))
    }

    /// Says that records may follow from now on. Nothing where there is no intact mark.
    static func writeInUse(_ directory: String) throws(IOError) {
        guard let mark = try state(directory), !mark.isInUse else { return }
        try Files.replace(path(directory), with: encode(mark.last, isInUse: true))
    }

    /// 0 when there is no mark, or none that is intact.
    static func read(_ directory: String) throws(IOError) -> UInt64 { try state(directory)?.last ?? 0 }

    static func state(_ directory: String) throws(IOError) -> (last: UInt64, isInUse: Bool)? {
        guard let bytes = try Files.read(path(directory), limit: 64) else { return nil }
        let digits = bytes.prefix { $0 != UInt8(ascii: " ") }
        guard let last = UInt64(String(decoding: digits, as: UTF8.self)) else { return nil }
        return [true, false].first { encode(last, isInUse: $0) == bytes }.map { (last, $0) }
    }

    private static func encode(_ last: UInt64, isInUse: Bool) -> [UInt8] {
        let digits = Array(String(last).utf8)
        let checksum = unsafe CRC32C.checksum(digits.span.bytes, 0..<digits.count)
        return digits + Array(" \(checksum)\(isInUse ? " in use" : "")\n".utf8)
    }
}

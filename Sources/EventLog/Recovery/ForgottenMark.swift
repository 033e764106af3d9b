import IO

/// The file `forgotten` in the log's folder: the first record that is still kept, once older segments were archived and removed.
///
/// It is written before the first segment goes, so that a log whose beginning is gone without it is known to have lost it.
enum ForgottenMark {
    static func path(_ directory: String) -> String { directory + "/forgotten" }

    static func write(_ directory: String, first: UInt64) throws(IOError) {
        try Files.replace(path(directory), with: encode(first))
    }

    /// 1 when there is no mark. One that is not intact is damage: it cannot be told any more what the log must have.
    static func first(_ directory: String) throws(LogError) -> UInt64 {
        let bytes = try files { () throws(IOError) in try Files.read(path(directory), limit: 64) }
        guard let bytes else { return 1 }
        let digits = bytes.prefix { $0 != UInt8(ascii: " ") }
        guard let first = UInt64(String(decoding: digits, as: UTF8.self)), first > 0, encode(first) == bytes else {
            throw LogError(.damaged, "\(path(directory)) is not intact: write the first record of the oldest segment into it again, or restore it from a backup")
        }
        return first
    }

    /// Removes segments that were on their way out when a crash came. Answers those that stay.
    static func finish(_ directory: String, _ firsts: [UInt64], first: UInt64) throws(IOError) -> [UInt64] {
        var firsts = firsts
        while firsts.count > 1, firsts[1] <= first {
            try remove(directory, firsts.removeFirst())
        }
        return firsts
    }

    /// A segment and all that was derived from it.
    static func remove(_ directory: String, _ first: UInt64) throws(IOError) {
        try LogRedaction.removeDerived(directory, first)
        try Files.unlinkIfPresent(SegmentName.path(directory, first))
        try Files.syncDirectory(directory)
    }

    private static func encode(_ first: UInt64) -> [UInt8] {
        let digits = Array(String(first).utf8)
        let checksum = unsafe CRC32C.checksum(digits.span.bytes, 0..<digits.count)
        return digits + Array(" \(checksum)\n".utf8)
    }
}

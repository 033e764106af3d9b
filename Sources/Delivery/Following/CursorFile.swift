import IO

/// How far a webhook had got, as an earlier version saved it: the sequence of the last record that was done, in 20 digits
/// and a line feed.
enum CursorFile {
    /// Nil where nothing was saved, or what was saved is not whole. Blocks.
    static func load(_ path: String) throws(IOError) -> UInt64? {
        guard let bytes = try Files.read(path, limit: 64), bytes.count == 21, bytes.last == 0x0A else { return nil }
        return UInt64(String(decoding: bytes.dropLast(), as: UTF8.self))
    }

    /// Blocks.
    static func save(_ sequence: UInt64, to path: String) throws(IOError) {
        let digits = String(sequence)
        try Files.replace(path, with: Array((String(repeating: "0", count: 20 - digits.count) + digits + "\n").utf8), mode: 0o600)
    }
}

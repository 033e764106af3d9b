import IO

/// How far a webhook has got: the sequence of the last record that is done, in a file of 21 bytes.
///
/// One small write in place, without a sync: losing it in a power cut repeats deliveries, which receivers must expect
/// anyway (same `webhook-id`), and never skips one.
struct CursorFile: Sendable {
    private let file: File

    init(_ path: String) throws(IOError) {
        file = try File(path, [.read, .write, .create], mode: 0o600)
    }

    /// Nil where nothing was saved yet, or what was saved is not whole.
    func load() throws(IOError) -> UInt64? {
        let bytes = try file.read(count: 21, at: 0)
        guard bytes.count == 21, bytes.last == 0x0A else { return nil }
        return UInt64(String(decoding: bytes.dropLast(), as: UTF8.self))
    }

    func save(_ sequence: UInt64) throws(IOError) {
        let digits = String(sequence)
        let text = String(repeating: "0", count: 20 - digits.count) + digits + "\n"
        try file.write(Array(text.utf8), at: 0)
    }
}

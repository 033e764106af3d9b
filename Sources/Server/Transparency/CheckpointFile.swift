import EventLog
import IO

/// A file outside that checkpoints are appended to, one after another, each with an empty line after it. Its calls block on the disk.
struct CheckpointFile {
    private let path: String

    init(_ path: String) { self.path = path }

    /// Appends a checkpoint, unless it is the file's last one already; what a crash cut off before it is taken away.
    func add(_ note: SignedNote) throws {
        let file = try File(path, [.read, .write, .create])
        let size = try file.size()
        let start = max(0, size - SignedNote.maxBytes)
        let tail = try file.read(count: size - start, at: start)
        let end = Self.endOfLast(tail)
        if end > 0, let last = try? SignedNote(parsing: Array(tail[Self.endOfLast(Array(tail[..<(end - 1)]))..<(end - 1)])), last.says(note) { return }
        if end > 0, end < tail.count { try file.truncate(to: start + end) }
        try file.write(note.encoded + [0x0A], at: try file.size())
        try file.sync()
    }

    /// Where the last whole note ends: at an empty line below a signature. 0 where there is none, as in a file that has other things in it.
    private static func endOfLast(_ bytes: [UInt8]) -> Int {
        let mark = Array("\u{2014} ".utf8)
        var end = bytes.count
        while end > 1 {
            if bytes[end - 1] == 0x0A, bytes[end - 2] == 0x0A {
                let line = bytes[..<(end - 2)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
                if bytes[line...].starts(with: mark) { return end }
            }
            end -= 1
        }
        return 0
    }
}

extension SignedNote {
    /// Whether this is that checkpoint, with all signatures that its log made. Those of witnesses are other people's, and come when they come.
    func says(_ note: SignedNote) -> Bool {
        let origin = note.text.prefix { $0 != "\n" }
        return text == note.text && note.signatures.allSatisfy { $0.name != origin || signatures.contains($0) }
    }
}

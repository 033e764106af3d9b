import Crypto
import IO
import Testing
import TestSupport

@testable import EventLog

@Suite("checkpoints in a file")
struct NoteListTests {
    private func notes(_ count: Int) throws -> [SignedNote] {
        let keys = [try Ed25519PrivateKey.random(), try Ed25519PrivateKey.random()]
        return try (0..<count).map { number in
            var note = SignedNote(text: "hub.example/log\n\(number)\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
            for (slot, key) in keys.enumerated() where slot <= number % 2 { try note.sign(key, name: "k\(slot)") }
            return note
        }
    }

    @Test("one, or many that were appended with an empty line between them or none, are read as they are")
    func list() throws {
        let notes = try notes(5)
        #expect(try SignedNote.list(parsing: notes[0].encoded) == [notes[0]])
        #expect(try SignedNote.list(parsing: Array(notes.map { $0.encoded + [0x0A] }.joined())) == notes)
        #expect(try SignedNote.list(parsing: Array(notes.map(\.encoded).joined())) == notes)
        let kept = notes.enumerated().flatMap { CheckpointScan.encode($1, number: UInt64($0 + 1)) }
        #expect(try SignedNote.list(parsing: kept) == notes)
        #expect(try SignedNote.list(parsing: [0x0A, 0x0A] + notes[1].encoded) == [notes[1]])
        for wrong in ["", "\n\n", "a\n", "hub\n1\nx\n\nno signature\n"] {
            #expect(throws: NoteError.self) { try SignedNote.list(parsing: Array(wrong.utf8)) }
        }
        var random = SeededGenerator(seed: 3)
        let whole = Array(notes.map { $0.encoded + [0x0A] }.joined())
        for _ in 0..<500 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? SignedNote.list(parsing: bytes)
        }
    }

    @Test("kept checkpoints are cut to a size: the first that is greater goes, with all after it, over several files")
    func cut() throws {
        let folder = try TemporaryFolder()
        let notes = try notes(6)
        func write(_ file: UInt64, _ range: Range<Int>) throws {
            let bytes = range.flatMap { CheckpointScan.encode(notes[$0], number: UInt64($0 + 1)) }
            try Files.replace(folder.path + "/" + SegmentName.padded(file) + ".notes", with: bytes)
        }
        for size in 0..<7 {
            try write(1, 0..<2)
            try write(3, 2..<5)
            try write(6, 5..<6)
            try CheckpointStore.cut(folder.path, to: UInt64(size))
            var left: [SignedNote] = []
            #expect(try CheckpointStore.all(folder.path) { left.append($0.note) } == nil)
            #expect(left == Array(notes.prefix(size + 1)))
            let store = try CheckpointStore(folder.path)
            try store.append(notes[0])
            #expect(try CheckpointStore(folder.path).last == notes[0])
            for name in try Files.list(folder.path) { try Files.unlink(folder.path + "/" + name) }
        }
    }
}

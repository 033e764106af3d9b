import Crypto
import IO
import Testing

@testable import EventLog

@Suite("checkpoints on disk")
struct CheckpointStoreTests {
    private func note(_ size: UInt64, _ key: Ed25519PrivateKey) throws -> SignedNote {
        var hasher = TreeHasher()
        var note = SignedNote(text: Checkpoint(origin: "o", size: size, root: hasher.leaf([UInt8(truncatingIfNeeded: size)])).text)
        try note.sign(key, name: "o")
        return note
    }

    private func entries(_ folder: String) throws -> ([SignedNote], String?) {
        var notes: [SignedNote] = []
        let fault = try CheckpointStore.all(folder) { notes.append($0.note) }
        return (notes, fault?.what)
    }

    @Test("what was kept is there after every cut of the last entry, and what is kept then follows it")
    func tornTail() throws {
        let folder = try TemporaryFolder()
        let key = try Ed25519PrivateKey.random()
        let path = folder.path + "/checkpoints"
        var notes: [SignedNote] = []
        let store = try CheckpointStore(path)
        for size in 1...3 {
            notes.append(try note(UInt64(size), key))
            try store.append(notes[size - 1])
        }
        let file = path + "/" + (try CheckpointStore.names(path)[0])
        let whole = try #require(try Files.read(file, limit: 1 << 20))
        let length = CheckpointScan.encode(notes[2], number: 3).count
        for cut in 1...length {
            try File(file, [.write, .truncate]).write(Array(whole.dropLast(cut)), at: 0)
            #expect(try CheckpointStore.lastSize(in: path) == 2 && Files.info(file)?.size == whole.count - cut, "looking changes nothing")
            let torn = try CheckpointStore.all(path) { _ in }
            #expect(torn?.isCut == (cut == length ? nil : true), "\(cut)")
            try Diagnostics.$sink.withValue({ _, _ in }) {
                let again = try CheckpointStore(path)
                #expect(again.last == notes[1])
                try again.append(notes[2])
            }
            let (read, fault) = try entries(path)
            #expect(read == notes && fault == nil)
        }
    }

    @Test("a byte that changes, and an entry that is taken out, put in or swapped, is found")
    func tampering() throws {
        let folder = try TemporaryFolder()
        let key = try Ed25519PrivateKey.random()
        let path = folder.path + "/checkpoints"
        let store = try CheckpointStore(path)
        let parts = try (1...3).map { size in
            let note = try note(UInt64(size), key)
            try store.append(note)
            return CheckpointScan.encode(note, number: UInt64(size))
        }
        let file = path + "/" + (try CheckpointStore.names(path)[0])
        let whole = parts.flatMap { $0 }
        for place in whole.indices {
            var bytes = whole
            bytes[place] ^= 0x10
            try File(file, [.write, .truncate]).write(bytes, at: 0)
            let fault = try CheckpointStore.all(path) { _ in }
            // A length that seems greater, at the very end, is all that can look like a file that ends too early.
            #expect(fault != nil && (fault?.isCut == false || place >= parts[0].count + parts[1].count), "byte \(place)")
        }
        for order in [[1, 2], [0, 2], [1, 0, 2], [0, 1, 1, 2]] {
            try File(file, [.write, .truncate]).write(order.flatMap { parts[$0] }, at: 0)
            #expect(try entries(path).1 != nil, "\(order)")
        }
    }

    @Test("a rotation signs with both keys, and one that a crash interrupts is finished or never was")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let data = folder.path
        let first = try CheckpointKeys.open(data: data, origin: "hub.example/log", last: nil)
        let store = try CheckpointStore(CheckpointKeys.folder(data))
        var note = try note(1, first.current)
        note = SignedNote(text: note.text)
        try note.sign(first.current, name: first.origin)
        try store.append(note)
        let rotation = try CheckpointKeys.beginRotation(data: data, origin: "x")
        try rotation.finish()
        let (old, new) = (rotation.old, rotation.new)
        let last = try #require(try CheckpointStore(CheckpointKeys.folder(data)).last)
        #expect(try last.verify([old]) == [old])
        #expect(try last.verify([new]) == [new])
        let second = try CheckpointKeys.open(data: data, origin: "x", last: last)
        #expect(second.known == [old, new])
        #expect(second.current.publicKey == new.key)
        #expect(second.origin == "hub.example/log")

        // A key that signed nothing yet is forgotten; one whose signature was kept takes over.
        let next = try KeyFile.loadOrCreateSigningKey(data + "/checkpoint.key.next")
        #expect(try CheckpointKeys.open(data: data, origin: "x", last: last).known == [old, new])
        #expect(try !Files.exists(data + "/checkpoint.key.next"))
        let other = try KeyFile.loadOrCreateSigningKey(data + "/checkpoint.key.next")
        #expect(other.publicKey != next.publicKey)
        var both = SignedNote(text: last.text)
        try both.sign(second.current, name: "hub.example/log")
        try both.sign(other, name: "hub.example/log")
        #expect(try CheckpointKeys.open(data: data, origin: "x", last: both).current.publicKey == other.publicKey)
        #expect(try Files.info(data + "/checkpoint.key")?.mode == 0o600)
    }

    @Test("a key that is gone or another one stops the start")
    func lostKey() throws {
        let folder = try TemporaryFolder()
        _ = try CheckpointKeys.open(data: folder.path, origin: "hub.example/log", last: nil)
        try Files.unlink(folder.path + "/checkpoint.key")
        #expect(throws: NoteError.self) { try CheckpointKeys.open(data: folder.path, origin: "hub.example/log", last: nil) }
        _ = try KeyFile.loadOrCreateSigningKey(folder.path + "/checkpoint.key")
        #expect(throws: NoteError.self) { try CheckpointKeys.open(data: folder.path, origin: "hub.example/log", last: nil) }
    }
}

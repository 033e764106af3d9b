import Crypto
import Testing
import TestSupport

@testable import EventLog

@Suite("signed notes")
struct NoteTests {
    private static let exampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    private static let example = """
        This is an example message.

        \u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

        """

    @Test("the example of C2SP signed-note is verified by its key")
    func specification() throws {
        let key = try NoteKey(Self.exampleKey)
        #expect(key.description == Self.exampleKey)
        let note = try SignedNote(parsing: Array(Self.example.utf8))
        #expect(note.text == "This is an example message.\n")
        #expect(try note.verify([key]) == [key])
        #expect(note.encoded == Array(Self.example.utf8))
    }

    @Test("a checkpoint that was signed here is verified, and not once a byte of it changes")
    func signs() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        var hasher = TreeHasher()
        let checkpoint = Checkpoint(origin: "hub.example/log", size: 42, root: hasher.leaf([1]))
        var note = SignedNote(text: checkpoint.text)
        try note.sign(key, name: "hub.example/log")
        let witness = try Ed25519PrivateKey(seed: [UInt8](repeating: 9, count: 32))
        note.signatures.append(try .cosignature(note.text, at: 1_679_315_147, witness, name: "witness.example/w1"))
        let keys = [
            try NoteKey(name: "hub.example/log", type: .ed25519, key: key.publicKey),
            try NoteKey(name: "witness.example/w1", type: .cosignature, key: witness.publicKey),
        ]
        let parsed = try SignedNote(parsing: note.encoded)
        #expect(parsed == note)
        #expect(try parsed.verify(keys) == keys)
        #expect(try Checkpoint(text: parsed.text) == checkpoint)
        for place in note.encoded.indices {
            var bytes = note.encoded
            bytes[place] ^= 1
            // A changed name or id makes the signature one of a stranger; the other one still counts.
            guard let changed = try? SignedNote(parsing: bytes), let signers = try? changed.verify(keys) else { continue }
            #expect(signers.count == 1 && changed.text == note.text, "byte \(place)")
        }
        #expect(throws: NoteError.self) { try parsed.verify([try NoteKey(Self.exampleKey)]) }
    }

    @Test("what is no note, key or checkpoint is refused", arguments: [
        "", "\n", "\n\n", "text\n", "text\n\n", "text\n\nno signature\n", "text\n\n\u{2014} name AAAA\n",
        "text\n\n\u{2014} na+me AAAAAAAA\n", "text\n\n\u{2014} name AAAAAAAA", "te\u{1}xt\n\n\u{2014} name AAAAAAAA\n",
    ])
    func refusedNotes(text: String) {
        #expect(throws: NoteError.self) { try SignedNote(parsing: Array(text.utf8)) }
    }

    @Test("checkpoints of another form are refused", arguments: [
        "a\n1\n", "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a\n1\nAAAA\n", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "a\n18446744073709551616\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    ])
    func refusedCheckpoints(text: String) {
        #expect(throws: NoteError.self) { try Checkpoint(text: text) }
    }

    @Test("keys with a wrong id, form or type are refused", arguments: [
        "example.com/foo", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+Aeky", "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ])
    func refusedKeys(text: String) {
        #expect(throws: NoteError.self) { try NoteKey(text) }
    }

    @Test("no bytes make the parsers trap")
    func fuzz() throws {
        var random = SeededGenerator(seed: 62)
        for _ in 0..<20_000 {
            var bytes = Array(Self.example.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert([10, 32, 226, 128, 148].randomElement(using: &random) ?? 10, at: place)
                }
            }
            if let note = try? SignedNote(parsing: bytes) { _ = try? Checkpoint(text: note.text) }
            _ = try? NoteKey(String(decoding: bytes.prefix(80), as: UTF8.self))
        }
    }
}

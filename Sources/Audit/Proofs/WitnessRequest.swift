import Crypto
package import EventLog

/// What a log sends to a witness (C2SP tlog-witness, `add-checkpoint`): its new checkpoint, and that it only grew since the old one.
package struct WitnessRequest: Sendable, Hashable {
    package let old: UInt64
    package let proof: [TreeHash]
    package let note: SignedNote

    package static let maxBytes = 64 << 10
    private static let maxProof = 63

    package init(old: UInt64, proof: [TreeHash], note: SignedNote) {
        self.old = old
        self.proof = proof
        self.note = note
    }

    package var encoded: [UInt8] {
        let lines = ["old \(old)"] + proof.map { Base64.encode($0.bytes) }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + note.encoded
    }

    package init(parsing bytes: [UInt8]) throws(NoteError) {
        var rest = bytes[...]
        func line() throws(NoteError) -> String {
            guard let end = rest.firstIndex(of: 0x0A) else { throw NoteError("the request ends within a line") }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        let first = try line()
        guard first.hasPrefix("old "), let old = Checkpoint.number(first.dropFirst(4)) else {
            throw NoteError("the line \"old N\" is missing")
        }
        var proof: [TreeHash] = []
        while case let text = try line(), !text.isEmpty {
            guard let hash = Base64.decode(text).flatMap({ TreeHash($0) }) else { throw NoteError("the proof has a line that is no hash") }
            proof.append(hash)
            guard proof.count <= Self.maxProof else { throw NoteError("the proof has more than \(Self.maxProof) hashes") }
        }
        self.init(old: old, proof: proof, note: try SignedNote(parsing: Array(rest)))
    }

    /// The size in the answer of a witness that knows another one.
    package static func size(_ content: [UInt8]) -> UInt64? {
        guard content.last == 0x0A else { return nil }
        return Checkpoint.number(String(decoding: content.dropLast(), as: UTF8.self))
    }
}

import Crypto
package import EventLog

/// That a record is in the log, for anybody to check offline: C2SP tlog-proof, with the record's entry as its extra data.
package struct InclusionProof: Sendable, Hashable {
    package let index: UInt64
    package let hashes: [TreeHash]
    package let note: SignedNote
    /// What the leaf is the hash of; nil where the record is no longer kept.
    package let entry: LogEntry?

    private static let title = "c2sp.org/tlog-proof@v1"
    package static let maxBytes = 1 << 20

    package init(index: UInt64, hashes: [TreeHash], note: SignedNote, entry: LogEntry?) {
        self.index = index
        self.hashes = hashes
        self.note = note
        self.entry = entry
    }

    package var encoded: [UInt8] {
        var lines = [Self.title]
        if let entry { lines.append("extra " + Base64.encode(entry.bytes)) }
        lines.append("index \(index)")
        lines += hashes.map { Base64.encode($0.bytes) }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + note.encoded
    }

    package init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.maxBytes else { throw NoteError("a proof of \(bytes.count) bytes is too long") }
        var rest = bytes[...]
        func line() throws(NoteError) -> String {
            guard let end = rest.firstIndex(of: 0x0A) else { throw NoteError("the proof ends within a line") }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        guard try line() == Self.title else { throw NoteError("it does not begin with \(Self.title)") }
        var next = try line()
        var entry: LogEntry?
        if next.hasPrefix("extra ") {
            guard let bytes = Base64.decode(String(next.dropFirst(6))) else { throw NoteError("the extra data is not base64") }
            // Data of another kind is for others to read.
            entry = LogEntry(bytes)
            next = try line()
        }
        guard next.hasPrefix("index "), let index = Checkpoint.number(next.dropFirst(6)) else {
            throw NoteError("the line \"index N\" is missing")
        }
        var hashes: [TreeHash] = []
        while case let text = try line(), !text.isEmpty {
            guard let hash = Base64.decode(text).flatMap({ TreeHash($0) }), hashes.count < 64 else {
                throw NoteError("line \(hashes.count + 1) of the proof is not a hash")
            }
            hashes.append(hash)
        }
        self.init(index: index, hashes: hashes, note: try SignedNote(parsing: Array(rest)), entry: entry)
    }

    /// Checks the signature and that the entry leads to the signed root.
    /// - Parameter keys: of the log, and of witnesses if their word is wanted too; each of them must have signed.
    @discardableResult
    package func check(_ keys: [NoteKey]) throws(NoteError) -> (checkpoint: Checkpoint, entry: LogEntry) {
        guard let entry else { throw NoteError("the proof does not say of what: it has no entry of this log as its extra data") }
        let signers = try note.verify(keys)
        if let missing = keys.first(where: { !signers.contains($0) }) { throw NoteError("the checkpoint is not signed by \(missing.name)") }
        let checkpoint = try Checkpoint(text: note.text)
        guard keys.contains(where: { $0.type == .ed25519 && $0.name == checkpoint.origin }) else {
            throw NoteError("the checkpoint is one of \(checkpoint.origin), for which no key was given")
        }
        var hasher = TreeHasher()
        guard index == entry.sequence &- 1, leads(from: hasher.leaf(entry.bytes), to: checkpoint) else {
            throw NoteError("the proof does not lead from record \(entry.sequence) to the root of the checkpoint")
        }
        return (checkpoint, entry)
    }

    /// Whether a leaf stands at the proof's place in the tree of a checkpoint.
    package func leads(from leaf: TreeHash, to checkpoint: Checkpoint) -> Bool {
        ProofChecks.isIncluded(leaf, at: index, size: checkpoint.size, root: checkpoint.root, proof: hashes)
    }
}

/// That the tree of one size is the beginning of the tree of another.
package struct ConsistencyProof: Sendable, Hashable {
    package let old: UInt64
    package let oldRoot: TreeHash
    package let size: UInt64
    package let root: TreeHash
    package let hashes: [TreeHash]

    package init(old: UInt64, oldRoot: TreeHash, size: UInt64, root: TreeHash, hashes: [TreeHash]) {
        self.old = old
        self.oldRoot = oldRoot
        self.size = size
        self.root = root
        self.hashes = hashes
    }

    package var holds: Bool {
        ProofChecks.isConsistent(from: old, oldRoot, to: size, root, proof: hashes)
    }
}

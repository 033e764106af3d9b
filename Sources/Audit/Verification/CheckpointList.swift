package import EventLog

/// The checkpoints that a log is held to: those that it kept itself, and those that were kept outside.
package struct CheckpointList: Sendable {
    struct Item: Sendable {
        let size: UInt64
        let root: TreeHash
        /// What it is, for a sentence.
        let name: String
    }

    /// By size.
    private(set) var items: [Item] = []
    private(set) var findings: [VerifyReport.Finding] = []

    /// The size of the greatest that was signed right.
    package var greatest: UInt64 { items.last?.size ?? 0 }

    /// Reads all kept checkpoints and checks their signatures and order.
    package init(directory: String, keys: [NoteKey], outside: [(name: String, note: SignedNote)]) throws {
        var last: Checkpoint?
        let fault = try CheckpointStore.all(directory) { entry in
            let name = "checkpoint \(entry.number) (byte \(entry.offset) of \(entry.path))"
            guard let checkpoint = add(entry.note, keys, name) else { return }
            if let last, checkpoint.size < last.size {
                findings.append(.init("\(name) is of \(checkpoint.size) records, and the one before it of \(last.size)"))
            }
            if let last, checkpoint.origin != last.origin { findings.append(.init("\(name) is of another log: \(checkpoint.origin)")) }
            last = checkpoint
        }
        if let fault { findings.append(.init(fault)) }
        for (name, note) in outside { _ = add(note, keys, name) }
        items.sort { $0.size < $1.size }
    }

    private mutating func add(_ note: SignedNote, _ keys: [NoteKey], _ name: String) -> Checkpoint? {
        do throws(NoteError) {
            try note.verify(keys)
            let checkpoint = try Checkpoint(text: note.text)
            items.append(Item(size: checkpoint.size, root: checkpoint.root, name: name))
            return checkpoint
        } catch {
            findings.append(.init("\(name) cannot be trusted: \(error)"))
            return nil
        }
    }
}

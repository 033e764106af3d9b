package import EventLog

/// The checkpoints that a log is held to: those that it kept itself, and those that were kept outside.
package struct CheckpointList: Sendable {
    struct Item: Sendable {
        let size: UInt64
        let root: TreeHash
        let origin: String
        /// What it is, for a sentence.
        let name: String
    }

    /// Where kept checkpoints go on under another name.
    struct Change: Sendable {
        /// The last one under the old name, and the first under the new one.
        let last: Item
        let first: Item
    }

    /// By size.
    private(set) var items: [Item] = []
    private(set) var changes: [Change] = []
    private(set) var findings: [VerifyReport.Finding] = []
    private(set) var notes: [String] = []

    /// The last that was kept.
    private var last: Item?

    /// The size of the greatest that was signed right, of the log as it is called now: it had that many records.
    package var greatest: UInt64 { items.last { last == nil || $0.origin == last?.origin }?.size ?? 0 }

    /// Reads all kept checkpoints and checks their signatures and order.
    /// - Parameter trusted: only what these keys signed counts, where there are any; nil trusts the folder's own.
    package init(directory: String, keys: [NoteKey], trusted: [NoteKey]?, outside: [(name: String, note: SignedNote)]) throws {
        var passedOver: [String: Int] = [:]
        let fault = try CheckpointStore.all(directory) { entry in
            let name = "checkpoint \(entry.number) (byte \(entry.offset) of \(entry.path))"
            guard let item = read(entry.note, keys, trusted, name, &passedOver) else { return }
            if let last, item.size < last.size {
                findings.append(.init("\(name) is of \(item.size) records, and the one before it of \(last.size)"))
            }
            if let last, item.origin != last.origin { changes.append(Change(last: last, first: item)) }
            last = item
        }
        if let fault, fault.isCut { notes.append("\(fault.what); the next start cuts it off") }
        if let fault, !fault.isCut { findings.append(.init(fault.what)) }
        if items.isEmpty, !passedOver.isEmpty {
            findings.append(.init("no checkpoint that was kept is of a log whose key is trusted"))
        }
        for (origin, count) in passedOver.sorted(by: { $0.key < $1.key }) {
            notes.append("\(count) checkpoints of \(origin) are not held to anything: no key of it was given")
        }
        for (name, note) in outside { _ = read(note, trusted ?? keys, nil, name, &passedOver) }
        items.sort { $0.size < $1.size }
    }

    /// Takes a checkpoint that can be trusted.
    private mutating func read(
        _ note: SignedNote, _ keys: [NoteKey], _ trusted: [NoteKey]?, _ name: String, _ passedOver: inout [String: Int]
    ) -> Item? {
        do throws(NoteError) {
            let checkpoint = try Checkpoint(text: note.text)
            // The name in the text is what counts, so a key with that name must have signed it.
            let known = (trusted ?? keys).filter { $0.name == checkpoint.origin }
            if known.isEmpty, trusted != nil, keys.contains(where: { $0.name == checkpoint.origin }) {
                passedOver[checkpoint.origin, default: 0] += 1
                return nil
            }
            guard !known.isEmpty else { throw NoteError("it is of \(checkpoint.origin), of which no key is known") }
            try note.verify(known)
            let item = Item(size: checkpoint.size, root: checkpoint.root, origin: checkpoint.origin, name: name)
            items.append(item)
            return item
        } catch {
            findings.append(.init("\(name) cannot be trusted: \(error)"))
            return nil
        }
    }
}

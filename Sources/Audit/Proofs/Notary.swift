package import EventLog
package import IO
import Synchronization

/// Follows the log, grows its tree and signs checkpoints, every so often when there is something new.
///
/// It reads what is on disk already, on threads of the pool, so that no commit waits for it; behind a log that grows faster than
/// it hashes, it signs what it has come to.
package final class Notary: Sendable {
    package struct Options: Sendable {
        /// The hub's folder: `tree/` and `checkpoints/` are in it.
        package var data: String
        package var interval = Duration.seconds(10)

        package init(data: String) { self.data = data }
    }

    /// A checkpoint that was signed and kept.
    package struct Published: Sendable {
        package let checkpoint: Checkpoint
        package let note: SignedNote
    }

    /// Takes a checkpoint to those who keep copies and have it not yet; answers the note with what witnesses added. It is asked at every turn,
    /// with the newest checkpoint, new or not.
    package typealias Outside = @Sendable (_ published: Published, _ notary: Notary) async -> SignedNote

    struct State {
        var tree: MerkleTree?
        var published: Published?
        /// The newest checkpoint that is kept: others may have it while witnesses are still asked.
        var signed: Checkpoint?
        var failure: String?
        /// A tile turned out not to fit the others.
        var isDoubtful = false
        var size: UInt64 = 0
        /// Why nothing is to be signed until somebody looked.
        var halted: String?
        /// What is done once before anything is signed.
        var look: Look?
    }

    package let keys: CheckpointKeys
    let log: EventLog
    let pool: BlockingPool
    let options: Options
    private let store: CheckpointStore
    // A Mutex: replaced after each checkpoint, read by every request for one.
    let state: Mutex<State>

    /// - Parameter store: with the last checkpoint that was kept, which the log must still fit.
    package init(options: Options, log: EventLog, pool: BlockingPool, store: CheckpointStore, keys: CheckpointKeys) throws(NoteError) {
        self.options = options
        self.log = log
        self.pool = pool
        self.store = store
        self.keys = keys
        var state = State()
        if let note = store.last { state.published = Published(checkpoint: try Checkpoint(text: note.text), note: note) }
        state.signed = state.published?.checkpoint
        do throws(IOError) { state.halted = try HaltMark.reason(options.data) } catch { state.halted = "\(error)" }
        self.state = Mutex(state)
        if let why = state.halted {
            Diagnostics.error("nothing is signed: \(halted(why))")
            self.state.withLock { $0.failure = halted(why) }
            return
        }
        // Nearly always the tree is whole, and served from the first request on. Else it is made again once the hub runs.
        guard let last = state.published?.checkpoint else { return }
        do throws(LogError) {
            let tree = try MerkleTree.open(options.data + "/tree", size: last.size, root: last.root)
            try Self.checkTail(of: tree, log)
            self.state.withLock { ($0.tree, $0.size) = (tree, tree.size) }
        } catch {
            Diagnostics.warning("\(error)")
        }
    }

    /// The newest checkpoint; nil before the first.
    package var published: Published? { state.withLock { $0.published } }
    /// The newest checkpoint that anybody may have: the one of `published`, or the next.
    var signed: Checkpoint? { state.withLock { $0.signed } }
    /// Why no checkpoints are signed; nil while they are.
    package var failure: String? { state.withLock { $0.failure } }
    /// The tree, once it is known to be the one of the last checkpoint.
    package var tree: MerkleTree? { state.withLock { $0.tree } }
    /// How many records are in the tree.
    package var size: UInt64 { state.withLock { $0.size } }

    /// A tile that was read does not fit: the files are made again at the next turn.
    package func doubt() { state.withLock { $0.isDoubtful = true } }

    /// Works until the task is cancelled.
    package func run(outside: @escaping Outside) async {
        while !Task.isCancelled {
            await turn(outside: outside)
            try? await Task.sleep(for: options.interval)
        }
    }

    /// Signs what is on disk by now, for a folder whose hub does not run.
    package func signNow() async {
        await turn { published, _ in published.note }
    }

    /// Brings the tree up to what is on disk by now, signs it if it grew, and offers the newest checkpoint outside: also one that a turn
    /// before, or the hub's last run, could not bring everywhere.
    package func turn(outside: Outside) async {
        guard let newest = await sign() ?? published else { return }
        let note = await outside(newest, self)
        do {
            if note != newest.note {
                try await pool.run { [store] () throws(LogError) in try store.append(note) }
            }
            state.withLock { $0.published = Published(checkpoint: newest.checkpoint, note: note) }
        } catch {
            // As it was signed it is on disk, and that is what it is worth here.
            state.withLock { $0.published = newest }
            fail(error)
        }
    }

    /// The checkpoint over what is new; nil where nothing is, or where nothing can be signed.
    private func sign() async -> Published? {
        do {
            let tree = try await openTree()
            let target = log.durableSequence
            while tree.size < target {
                try await pool.run { [log] () throws(LogError) in try Self.grow(tree, from: log, to: target) }
            }
            state.withLock { $0.size = tree.size }
            guard tree.size > published?.checkpoint.size ?? 0 else { return nil }
            let newest = try await pool.run { [self] in try sign(tree) }
            state.withLock { $0.signed = newest.checkpoint }
            return newest
        } catch is CancellationError {
            return nil
        } catch {
            fail(error)
            return nil
        }
    }

    private func fail(_ error: any Error) {
        state.withLock { state in
            if state.failure == nil { Diagnostics.error("no checkpoint was signed: \(error)") }
            state.failure = "\(error)"
            state.tree = nil
        }
    }

    /// The tree of the last checkpoint: as it is on disk, or made again from the log.
    func openTree() async throws -> MerkleTree {
        try await lookOnce()
        let (open, last, isDoubtful) = state.withLock { ($0.tree, $0.published?.checkpoint, $0.isDoubtful) }
        if let open, !isDoubtful { return open }
        let empty = TreeHasher.emptyRoot
        let directory = options.data + "/tree"
        let tree = try await pool.run { [log] in
            let (size, root) = (last?.size ?? 0, last?.root ?? empty)
            if !isDoubtful {
                do throws(LogError) { return try MerkleTree.open(directory, size: size, root: root) } catch {
                    guard error.code == .damaged else { throw error }
                    Diagnostics.warning("\(error); it is made again from the log")
                }
            }
            return try MerkleTree.rebuild(directory, from: log, size: size, root: root)
        }
        try await pool.run { [log] () throws(LogError) in try Self.checkTail(of: tree, log) }
        state.withLock { state in
            state.tree = tree
            state.isDoubtful = false
            state.failure = nil
            state.size = tree.size
        }
        return tree
    }

    /// Holds the newest leaves to the log: a log that was changed behind the hub's back is found at the start where it is likeliest.
    private static func checkTail(of tree: MerkleTree, _ log: EventLog) throws(LogError) {
        let size = tree.size
        guard size > 0 else { return }
        var hasher = TreeHasher()
        for record in try log.read(after: size > 256 ? size - 256 : 0, limit: 256, maxBytes: 64 << 20)
        where record.sequence <= size && record.kind != .lost {
            let entry = LogEntry(record, &hasher).bytes
            guard try tree.leaf(record.sequence) == hasher.leaf(entry) else {
                throw LogError(
                    .damaged, "record \(record.sequence) is not the one that the last checkpoint covers; 'signalbox audit verify' says more")
            }
        }
    }

    static func grow(_ tree: MerkleTree, from log: EventLog, to target: UInt64) throws(LogError) {
        var hasher = TreeHasher()
        var cursor = EventLog.Cursor(after: tree.size)
        let end = tree.size &+ 65_536
        while tree.size < min(target, end) {
            let records = try log.read(&cursor, limit: 2048, maxBytes: 4 << 20)
            guard let first = records.first, first.sequence == tree.size + 1 else {
                throw LogError(.missing, "record \(tree.size + 1) is not in the log, and not in the tree either")
            }
            try tree.append(records.map { hasher.leaf(LogEntry($0, &hasher).bytes) })
        }
    }

    private func sign(_ tree: MerkleTree) throws -> Published {
        try tree.sync()
        let checkpoint = Checkpoint(origin: keys.origin, size: tree.size, root: tree.root)
        var note = SignedNote(text: checkpoint.text)
        try note.sign(keys.current, name: keys.origin)
        try store.append(note)
        return Published(checkpoint: checkpoint, note: note)
    }
}

extension TreeHasher {
    /// The root of a tree without leaves.
    static var emptyRoot: TreeHash {
        var hasher = TreeHasher()
        return hasher.empty()
    }
}

import IO
import Synchronization

/// The Merkle tree over a log's records (RFC 6962), in files of its own. Leaf *i* is the entry of record *i* + 1.
///
/// It is derived from the log and never in the way of an append: whoever grows it follows the log. What was synced with a checkpoint
/// is relied on after a crash, and the rest is hashed once more. Its calls block on the disk.
package final class MerkleTree: Sendable {
    let files: TileFiles
    // A Mutex: held while one who grows the tree hashes and writes a batch. Readers of tiles and proofs do not take it.
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var frontier = TreeFrontier()
        var hasher = TreeHasher()
        /// Hashes for the end of each level of tiles that are not in its file yet.
        var pending = [[UInt8]](repeating: [], count: TileFiles.levels)
    }

    private init(_ files: TileFiles, _ frontier: TreeFrontier) {
        self.files = files
        state = Mutex(State(frontier: frontier))
    }

    /// Opens the tree as it was when its first `size` leaves were synced, and forgets what came after.
    /// Looks at the hashes along its right edge only, whatever its size.
    /// - Parameter root: what the tree of that size must have.
    /// - Throws: `damaged` where it has another or is not whole.
    package static func open(_ directory: String, size: UInt64, root: TreeHash) throws(LogError) -> MerkleTree {
        let damaged = LogError(.damaged, "the tree in \(directory) is not the one of the last checkpoint, which has \(size) records")
        var hasher = TreeHasher()
        let opened: (TileFiles, Bool)
        do throws(IOError) {
            let files = try TileFiles(directory)
            opened = (files, try files.cut(to: size))
        } catch {
            throw .io(error)
        }
        guard opened.1 else { throw damaged }
        var failure: LogError?
        let frontier = TreeFrontier(size: size) { level, index in
            do throws(LogError) { return try opened.0.node(level, index, &hasher) } catch {
                failure = failure ?? error
                return root
            }
        }
        if let failure { throw failure }
        guard frontier.root(&hasher) == root || size == 0 else { throw damaged }
        return MerkleTree(opened.0, frontier)
    }

    /// How many leaves it has.
    package var size: UInt64 { state.withLock { $0.frontier.size } }

    package var root: TreeHash { state.withLock { state in state.frontier.root(&state.hasher) } }

    /// Appends the leaves of entries. After a failure the tree must be opened again.
    package func append(_ leaves: [TreeHash]) throws(LogError) {
        let failure: IOError? = state.withLock { state in
            let before = state.frontier.size
            for leaf in leaves {
                var completed: [(Int, TreeHash)] = []
                state.frontier.append(leaf, &state.hasher) { level, hash in
                    if level % TileFiles.height == 0 { completed.append((level / TileFiles.height, hash)) }
                }
                for (level, hash) in completed where level < TileFiles.levels { hash.append(to: &state.pending[level]) }
            }
            for level in state.pending.indices where !state.pending[level].isEmpty {
                do throws(IOError) {
                    try files.write(state.pending[level], level: level, at: TileFiles.count(level: level, size: before))
                } catch {
                    return error
                }
                state.pending[level].removeAll(keepingCapacity: true)
            }
            return nil
        }
        if let failure { throw .io(failure) }
    }

    /// All leaves so far are on disk when this returns.
    package func sync() throws(LogError) {
        do throws(IOError) { try files.sync() } catch { throw .io(error) }
    }

    /// A tile of the tree of `size` leaves: at most `width` hashes from the start of tile `index` of a level. Nil where the tree has none
    /// or fewer.
    package func tile(level: Int, index: UInt64, width: Int, size: UInt64) throws(LogError) -> [UInt8]? {
        guard (0..<TileFiles.levels).contains(level), (1...Int(TileFiles.width)).contains(width), index < 1 << 55 else { return nil }
        let first = index * TileFiles.width
        guard first + UInt64(width) <= TileFiles.count(level: level, size: size) else { return nil }
        do throws(IOError) {
            let bytes = try files.file(level).read(count: width * TreeHash.size, at: Int(clamping: first) &* TreeHash.size)
            guard bytes.count == width * TreeHash.size else {
                throw IOError(errno: 5, operation: "read", path: "\(files.directory)/\(level)", detail: "the tree's file is too short")
            }
            return bytes
        } catch {
            throw .io(error)
        }
    }

    /// The leaf that the tree has for a record, without a look at the record; nil beyond its end.
    package func leaf(_ sequence: UInt64) throws(LogError) -> TreeHash? {
        guard sequence >= 1, sequence <= size else { return nil }
        do throws(IOError) { return try files.hashes(0, from: sequence - 1, count: 1)?.first } catch { throw .io(error) }
    }

    /// Makes proofs in the tree of a size that is in the files.
    package func proofs() -> TreeProofs {
        var hasher = TreeHasher()
        return TreeProofs { [files] level, index in try files.node(level, index, &hasher) }
    }
}

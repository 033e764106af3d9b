import IO
import Synchronization

/// The hashes of the tree on disk: a file for each level of tiles, in which tile N is bytes N * 8,192 to (N + 1) * 8,192.
///
/// A file only grows, so that a partial tile is the beginning of the full one, and reading needs no lock beside a writer.
final class TileFiles: Sendable {
    /// Hashes of a full tile, and the levels of the tree that one level of tiles spans.
    static let width: UInt64 = 256
    static let height = 8
    /// Levels of tiles that a tree of 2^63 leaves has.
    static let levels = 8

    let directory: String
    // A Mutex: opened once for each level, then only looked up.
    private let opened = Mutex<[Int: File]>([:])

    /// The folder is made when it is missing.
    init(_ directory: String) throws(IOError) {
        self.directory = directory
        try Files.makeDirectories(directory)
    }

    /// How many hashes a level has in a tree of `size` leaves.
    static func count(level: Int, size: UInt64) -> UInt64 {
        let shift = UInt64(level * height)
        return shift > 63 ? 0 : size >> shift
    }

    func file(_ level: Int) throws(IOError) -> File {
        if let file = opened.withLock({ $0[level] }) { return file }
        let file = try File("\(directory)/\(level)", [.read, .write, .create])
        return opened.withLock { opened in
            if let other = opened[level] { return other }
            opened[level] = file
            return file
        }
    }

    /// Hashes of a level, or nil where the file does not have them all.
    func hashes(_ level: Int, from index: UInt64, count: Int) throws(IOError) -> [TreeHash]? {
        guard let offset = Int(exactly: index).flatMap({ $0 <= Int.max / TreeHash.size ? $0 * TreeHash.size : nil }) else { return nil }
        let bytes = try file(level).read(count: count * TreeHash.size, at: offset)
        guard bytes.count == count * TreeHash.size else { return nil }
        let span = unsafe bytes.span.bytes
        return (0..<count).map { TreeHash(span, at: $0 * TreeHash.size) }
    }

    func write(_ bytes: [UInt8], level: Int, at index: UInt64) throws(IOError) {
        try file(level).write(bytes, at: Int(clamping: index) &* TreeHash.size)
    }

    /// Forgets what is beyond a tree of `size` leaves. False where a level has less than that.
    func cut(to size: UInt64) throws(IOError) -> Bool {
        for level in 0..<Self.levels {
            let due = Int(clamping: Self.count(level: level, size: size)) &* TreeHash.size
            if due == 0, try !Files.exists("\(directory)/\(level)") { continue }
            let file = try file(level)
            let length = try file.size()
            if length < due { return false }
            if length > due { try file.truncate(to: due) }
        }
        return true
    }

    /// All hashes are on disk when this returns.
    func sync() throws(IOError) {
        for file in opened.withLock({ Array($0.values) }) { try file.syncData() }
        try Files.syncDirectory(directory)
    }

    /// The root of the `index`-th perfect subtree of 2^level leaves.
    func node(_ level: Int, _ index: UInt64, _ hasher: inout TreeHasher) throws(LogError) -> TreeHash {
        let tiles = level / Self.height
        let rest = level % Self.height
        let count = 1 << rest
        let found = try files { () throws(IOError) in try hashes(tiles, from: index << UInt64(rest), count: count) }
        guard let found else {
            throw LogError(.damaged, "the tree in \(directory) lacks hashes \(index << UInt64(rest)) to \((index << UInt64(rest)) + UInt64(count) - 1) of level \(tiles)")
        }
        return hasher.root(ofPerfect: found)
    }
}

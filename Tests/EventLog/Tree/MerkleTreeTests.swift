import IO
import Testing

@testable import EventLog

@Suite("Merkle tree")
struct MerkleTreeTests {
    private static func leaves(_ count: Int) -> [TreeHash] {
        var hasher = TreeHasher()
        return (0..<count).map { hasher.leaf(Array("leaf \($0)".utf8)) }
    }

    private static let none = TreeHash(words: (0, 0, 0, 0))

    private func tree(_ folder: TemporaryFolder, _ leaves: [TreeHash], batch: Int = 97) throws -> MerkleTree {
        let tree = try MerkleTree.open(folder.path + "/tree", size: 0, root: Self.none)
        for start in stride(from: 0, to: leaves.count, by: batch) {
            try tree.append(Array(leaves[start..<min(start + batch, leaves.count)]))
        }
        return tree
    }

    @Test("every proof in trees of every small size checks, and none checks for another leaf, place, size or root")
    func smallTrees() throws {
        for size in 1...40 {
            let leaves = Self.leaves(size)
            let naive = NaiveTree(leaves)
            let root = naive.root(0..<size)
            var proofs = naive.proofs()
            #expect(try proofs.root(size: UInt64(size)) == root)
            for index in 0..<size {
                let proof = try proofs.inclusion(of: UInt64(index), size: UInt64(size))
                func holds(_ leaf: Int, at place: Int, of size: Int, _ root: TreeHash, _ proof: [TreeHash]) -> Bool {
                    ProofChecks.isIncluded(leaves[leaf], at: UInt64(place), size: UInt64(size), root: root, proof: proof)
                }
                #expect(holds(index, at: index, of: size, root, proof))
                #expect(!holds(index, at: index, of: size, Self.none, proof))
                #expect(!holds(index, at: index, of: size, root, proof + [root]))
                if !proof.isEmpty { #expect(!holds(index, at: index, of: size, root, Array(proof.dropLast()))) }
                if size > 1 {
                    #expect(!holds((index + 1) % size, at: index, of: size, root, proof))
                    #expect(!holds(index, at: (index + 1) % size, of: size, root, proof))
                }
            }
            for old in 1...size {
                let oldRoot = naive.root(0..<old)
                let proof = try proofs.consistency(from: UInt64(old), to: UInt64(size))
                func holds(_ old: TreeHash, _ new: TreeHash, _ proof: [TreeHash], from count: Int) -> Bool {
                    ProofChecks.isConsistent(from: UInt64(count), old, to: UInt64(size), new, proof: proof)
                }
                #expect(holds(oldRoot, root, proof, from: old))
                #expect(!holds(Self.none, root, proof, from: old))
                if old < size { #expect(!holds(oldRoot, Self.none, proof, from: old)) }
                #expect(!holds(oldRoot, root, proof + [root], from: old))
                if !proof.isEmpty { #expect(!holds(oldRoot, root, Array(proof.dropLast()), from: old)) }
            }
        }
    }

    @Test("the tree on disk has the tiles, roots and proofs of the plain one, over several levels of tiles")
    func onDisk() throws {
        let folder = try TemporaryFolder()
        let leaves = Self.leaves(70_000)
        let tree = try tree(folder, leaves, batch: 1777)
        let naive = NaiveTree(leaves)
        #expect(tree.root == naive.root(0..<70_000))
        var proofs = tree.proofs()
        for size in [1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
            #expect(try proofs.root(size: UInt64(size)) == naive.root(0..<size))
        }
        // The example of tlog-tiles: 273 full and a partial tile of 112 below, one full and one of 17, one of 1.
        func bytes(_ hashes: [TreeHash]) -> [UInt8] { hashes.flatMap(\.bytes) }
        #expect(try tree.tile(level: 0, index: 272, width: 256, size: 70_000) == bytes(Array(leaves[272 * 256..<273 * 256])))
        #expect(try tree.tile(level: 0, index: 273, width: 112, size: 70_000) == bytes(Array(leaves[273 * 256..<70_000])))
        #expect(try tree.tile(level: 0, index: 273, width: 113, size: 70_000) == nil)
        #expect(try tree.tile(level: 1, index: 1, width: 17, size: 70_000)
            == bytes((256..<273).map { naive.root($0 * 256..<($0 + 1) * 256) }))
        #expect(try tree.tile(level: 2, index: 0, width: 1, size: 70_000) == bytes([naive.root(0..<65_536)]))
        #expect(try tree.tile(level: 3, index: 0, width: 1, size: 70_000) == nil)
        for index in [0, 255, 256, 65_535, 65_536, 69_999] {
            let proof = try proofs.inclusion(of: UInt64(index), size: 70_000)
            #expect(ProofChecks.isIncluded(leaves[index], at: UInt64(index), size: 70_000, root: tree.root, proof: proof))
        }
    }

    @Test("a tree that is opened at an earlier size grows to the same root again, whatever a crash left behind it")
    func reopened() throws {
        let folder = try TemporaryFolder()
        let leaves = Self.leaves(1000)
        let whole = try tree(folder, leaves).root
        let naive = NaiveTree(leaves)
        for size in [999, 700, 513, 512, 511, 256, 255, 1, 0] {
            try File(folder.path + "/tree/0", .write).write([UInt8](repeating: 7, count: 50), at: 1000 * TreeHash.size)
            let tree = try MerkleTree.open(folder.path + "/tree", size: UInt64(size), root: naive.root(0..<size))
            try tree.append(Array(leaves[size...]))
            #expect(tree.root == whole)
        }
    }

    @Test("a tree whose right edge is damaged, that is too short, or has another root is refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        let leaves = Self.leaves(600)
        let root = try tree(folder, leaves).root
        let path = folder.path + "/tree"
        #expect(throws: LogError.self) { try MerkleTree.open(path, size: 600, root: leaves[0]) }
        #expect(throws: LogError.self) { try MerkleTree.open(path, size: 601, root: root) }
        let file = try File(path + "/0", [.read, .write])
        let byte = try file.read(count: 1, at: 599 * TreeHash.size)
        try file.write([byte[0] ^ 1], at: 599 * TreeHash.size)
        #expect(throws: LogError.self) { try MerkleTree.open(path, size: 600, root: root) }
    }

    @Test("a tree is made again from its log, but not for the checkpoint of another log")
    func rebuilt() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        defer { log.close() }
        try await log.write((1...700).map { Array("record \($0)".utf8) }, attachment: [1, 2, 3])
        var hasher = TreeHasher()
        let leaves = try log.all().map { record in hasher.leaf(LogEntry(record, &hasher).bytes) }
        let root = try tree(folder, leaves).root
        let path = folder.path + "/tree"
        for level in [0, 1] { try Files.unlink("\(path)/\(level)") }
        #expect(try MerkleTree.rebuild(path, from: log, size: 700, root: root).root == root)
        #expect(try MerkleTree.open(path, size: 700, root: root).size == 700)
        #expect(throws: LogError.self) { try MerkleTree.rebuild(path, from: log, size: 700, root: leaves[0]) }
        #expect(throws: LogError.self) { try MerkleTree.rebuild(path, from: log, size: 701, root: root) }
        #expect(try MerkleTree.open(path, size: 700, root: root).size == 700, "the old files stay")
    }

    @Test("an entry is read as it was written, and tells every field of its record")
    func entries() throws {
        var hasher = TreeHasher()
        let record = Record(sequence: 0x0102_0304_0506_0708, time: 1_700_000_000_123, kind: .event, body: [1, 2], attachment: [])
        let entry = LogEntry(record, &hasher)
        #expect(entry.bytes.count == LogEntry.size)
        #expect(Array(entry.bytes[8..<16]) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(LogEntry(entry.bytes) == entry)
        #expect(LogEntry(Array(entry.bytes.dropLast())) == nil)
        let redacted = Record(
            sequence: record.sequence, time: record.time, kind: .redacted, body: [9], attachment: [], originalBodyHash: entry.bodyHash)
        #expect(LogEntry(redacted, &hasher) == entry)
    }
}

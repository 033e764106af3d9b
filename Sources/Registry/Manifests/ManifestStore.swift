import Crypto
package import IO
package import OCI

/// Manifests whose records have left the log, each in a file named by its digest. Written before the segment of the record goes,
/// and complete where it has its name.
package struct ManifestStore: Sendable {
    private let directory: String

    package init(directory: String) {
        self.directory = directory
    }

    /// The bytes, held to the digest. Blocks.
    package func read(_ digest: Digest) throws(RegistryError) -> [UInt8] {
        let bytes: [UInt8]?
        do throws(IOError) { bytes = try Files.read(path(digest), limit: 64 << 20) } catch {
            throw .damaged("\(error)")
        }
        guard let bytes else { throw .damaged("\(path(digest)) is missing: restore it from a backup or from the log's archive") }
        guard Hex.encode(hash(digest.algorithm.hashFunction, bytes)) == digest.hex else {
            throw .damaged("\(path(digest)) does not have the digest it is named by: restore it from a backup or from the log's archive")
        }
        return bytes
    }

    /// Keeps a manifest: it is on disk, its name after the next `sync`, when this returns. Blocks.
    package func write(_ digest: Digest, _ bytes: [UInt8]) throws(IOError) {
        try Files.makeDirectories("\(directory)/\(digest.algorithm.name)")
        if let kept = try Files.read(path(digest), limit: 64 << 20), kept == bytes { return }
        try Files.replace(path(digest), with: bytes)
    }

    /// Removes those that nobody needs any more; answers how many. Blocks.
    package func keep(only needed: (Digest) -> Bool) throws(IOError) -> Int {
        var removed = 0
        for algorithm in DigestAlgorithm.allCases {
            let folder = "\(directory)/\(algorithm.name)"
            guard try Files.exists(folder) else { continue }
            for name in try Files.list(folder) {
                if let digest = Digest("\(algorithm.name):\(name)"), needed(digest) { continue }
                try Files.unlinkIfPresent("\(folder)/\(name)")
                removed += 1
            }
        }
        return removed
    }

    private func path(_ digest: Digest) -> String { "\(directory)/\(digest.algorithm.name)/\(digest.hex)" }
}

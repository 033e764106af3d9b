import Crypto
import IO
import OCI

extension Restore {
    /// Files that are another hub's from now on, or nobody's. What the key of a witness signed after the backup is not known here, so it must
    /// not sign on; a new one is made. The same goes for the key of the log, unless the log goes on as it was.
    private var left: Set<String> {
        options.published == nil ? ["witness.key", "checkpoint.key", "checkpoint.key.next"] : ["witness.key"]
    }

    /// The files of the set, each held to its hash.
    mutating func copyFiles() throws {
        for entry in set.entries {
            let path = "\(data)/\(entry.path)"
            try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
            let file = try File("\(options.source)/files/\(entry.sha256)", .read)
            let copy = try File(path, [.write, .create, .exclusive], mode: entry.mode)
            let size = try file.size()
            guard size == entry.size, Hex.encode(try ContentStore.copy(file, bytes: size, to: copy, .sha256)) == entry.sha256 else {
                throw ConfigurationError("\(file.path), which is \(entry.path), is damaged in the backup")
            }
            if entry.path == "witness.key" { report.dropsWitnessKey = true }
            if left.contains(entry.path) { try Files.unlink(path) } else { try copy.sync() }
        }
        // A repaired log needs its tree: the next backup knows by this folder.
        if set.first == 1, set.entry("tree/0") != nil { try Files.makeDirectories(data + "/log/damaged") }
    }

    /// Blobs, and manifests whose records were archived: named by their content.
    func copyContents() async throws {
        for kind in ["manifests", "blobs"] {
            for algorithm in DigestAlgorithm.allCases {
                let (from, target) = ("\(options.source)/\(kind)/\(algorithm.name)", "\(data)/\(kind)/\(algorithm.name)")
                guard try Files.exists(from) else { continue }
                try Files.makeDirectories(target, mode: 0o755)
                var batch = SyncBatch()
                for name in try Files.list(from) where !name.hasSuffix(".tmp") {
                    let file = try File("\(from)/\(name)", .read)
                    let copy = try File("\(target)/\(name)", [.write, .create, .exclusive])
                    let bytes = try file.size()
                    let digest = try ContentStore.copy(file, bytes: bytes, to: copy, algorithm == .sha256 ? .sha256 : .sha512)
                    guard Hex.encode(digest) == name else { throw ConfigurationError("\(file.path) is damaged in the backup") }
                    try await batch.add(copy, bytes: bytes)
                }
                try await batch.flush()
            }
        }
        try Files.makeDirectories(data + "/blobs")
    }

    /// All names below a folder are on disk when this returns.
    func syncFolders(_ folder: String) throws {
        for name in try Files.list(folder) where name != "lost+found" {
            if try Files.linkInfo("\(folder)/\(name)")?.kind == .directory { try syncFolders("\(folder)/\(name)") }
        }
        try Files.syncDirectory(folder)
    }
}

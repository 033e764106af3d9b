package import Audit
import Crypto
import Delivery
import Deployment
import EventLog
import IO
import OCI

/// Puts a data folder together from a backup, and checks it as a whole before it gets its name.
package struct Restore {
    private let source: String
    private let data: String
    private let say: (String) -> Void

    package struct Report: Sendable {
        /// The last record.
        package let sequence: UInt64
        /// Checkpoints beyond it were published: the log goes on under another name, so that nobody is shown two histories under one.
        package let newOrigin: String?
        package let verification: VerifyReport
    }

    /// - Parameters:
    ///   - source: a folder that `Backup` made.
    ///   - data: the folder to be, which must be missing or empty.
    ///   - to: the last record that is wanted; nil for all.
    package static func run(source: String, data: String, to: UInt64?, say: @escaping (String) -> Void) throws -> Report {
        try Restore(source: source, data: data, say: say).run(to)
    }

    private func run(_ to: UInt64?) throws -> Report {
        let lock = try LockFile(source + "/lock")
        defer { withExtendedLifetime(lock) {} }
        guard let newest = try BackupSet.list(source).last else { throw ConfigurationError("there is no backup in \(source)") }
        let set = try BackupSet(source, newest)
        if let to, to > set.sequence { throw ConfigurationError("the backup ends with record \(set.sequence), before \(to)") }
        if let to, to + 1 < set.first { throw ConfigurationError("the backup begins with record \(set.first): those before it were archived") }
        if try Files.exists(data), try !Files.list(data).isEmpty {
            throw ConfigurationError("\(data) is not empty: restore to another folder, or move this one away")
        }
        // Beside the folder to be, so that it gets its name in one step, complete.
        let fresh = data + ".restoring"
        try BackupCheck.remove(fresh)
        try Files.makeDirectories(fresh, mode: 0o700)
        for entry in set.entries { try copy(entry, to: fresh) }
        for kind in ["manifests", "blobs"] { try copyContent(kind, to: fresh) }
        try Files.makeDirectories(fresh + "/blobs")
        try LogCut.mark(directory: fresh + "/log", first: set.first, last: set.sequence)
        var last = set.sequence
        var newOrigin: String?
        if let to, to < set.sequence { (last, newOrigin) = try cut(fresh, after: to) }
        let verification = try OfflineVerification.run(data: fresh, keys: nil, outside: [], readsBlobs: false, say: say)
        if let finding = verification.findings.first {
            throw ConfigurationError("the backup is not sound, and what was restored stays in \(fresh): \(finding.text)")
        }
        if try Files.exists(data) { try Files.removeDirectory(data) }
        try Files.rename(fresh, to: data)
        try Files.syncDirectory(Files.parent(of: data))
        return Report(sequence: last, newOrigin: newOrigin, verification: verification)
    }

    private func copy(_ entry: BackupSet.Entry, to fresh: String) throws {
        let path = "\(fresh)/\(entry.path)"
        try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
        let file = try File("\(source)/files/\(entry.sha256)", .read)
        let copy = try File(path, [.write, .create, .exclusive], mode: entry.mode)
        let size = try file.size()
        guard size == entry.size, Hex.encode(try ContentStore.copy(file, bytes: size, to: copy, .sha256)) == entry.sha256 else {
            throw ConfigurationError("\(file.path), which is \(entry.path), is damaged in the backup")
        }
        try copy.sync()
    }

    private func copyContent(_ kind: String, to fresh: String) throws {
        for algorithm in DigestAlgorithm.allCases {
            let (from, target) = ("\(source)/\(kind)/\(algorithm.name)", "\(fresh)/\(kind)/\(algorithm.name)")
            guard try Files.exists(from) else { continue }
            try Files.makeDirectories(target, mode: 0o755)
            for name in try Files.list(from) where !name.hasSuffix(".tmp") {
                let file = try File("\(from)/\(name)", .read)
                let copy = try File("\(target)/\(name)", [.write, .create, .exclusive])
                let digest = try ContentStore.copy(file, bytes: try file.size(), to: copy, algorithm == .sha256 ? .sha256 : .sha512)
                guard Hex.encode(digest) == name else { throw ConfigurationError("\(file.path) is damaged in the backup") }
                try copy.sync()
            }
            try Files.syncDirectory(target)
        }
    }

    /// The folder as it was at an earlier record. What refers to later ones goes, or is set back.
    private func cut(_ fresh: String, after to: UInt64) throws -> (UInt64, String?) {
        let last = try LogCut.run(directory: fresh + "/log", after: to)
        if try Files.exists(fresh + "/snapshots") {
            for name in try Files.list(fresh + "/snapshots") where Self.sequence(ofSnapshot: name) > last {
                try Files.unlink("\(fresh)/snapshots/\(name)")
            }
        }
        try Webhooks.setBack(fresh + "/webhooks", to: last)
        try DeliveryLog.setBack(fresh + "/deliveries", to: last)
        try DeploymentEngine.setBack(fresh + "/deployments", to: last)
        let folder = CheckpointKeys.folder(fresh)
        let store = try CheckpointStore(folder)
        guard store.lastSize > last, let origin = try CheckpointKeys.load(fresh).last?.name else { return (last, nil) }
        let name = "\(origin)/restored-\(last)-\(Wall.milliseconds / 1000)"
        try BackupCheck.remove(fresh + "/tree")
        try Files.rename(folder, to: fresh + "/checkpoints-before")
        try Files.rename(fresh + "/checkpoint.key", to: fresh + "/checkpoints-before/checkpoint.key")
        try CheckpointKeys.name(fresh, origin: name)
        return (last, name)
    }

    private static func sequence(ofSnapshot name: String) -> UInt64 {
        guard name.hasSuffix(".snapshot"), let digits = name.dropLast(9).split(separator: "-").last else { return 0 }
        return UInt64(digits) ?? 0
    }
}

import Delivery
import EventLog
import IO
import OCI
import Registry

/// Looks whether a backup has all that the state at its last record rests on.
struct BackupCheck {
    let destination: String
    let set: BackupSet

    /// What is missing: something that state rests on, a webhook's secret. Folds the records since the newest snapshot of the set.
    func missing() throws -> (content: String?, secret: String?) {
        let folder = destination + "/check.tmp"
        try Self.remove(folder)
        defer { try? Self.remove(folder) }
        for part in ["snapshots", "log"] { try Files.makeDirectories("\(folder)/\(part)", mode: 0o700) }
        try link("snapshots/", from: 0, in: folder)
        var projections = Projections(SnapshotStore(directory: folder + "/snapshots"))
        if let missing = beginning(projections) { return (missing, nil) }
        try link("log/", from: projections.sequence, in: folder)
        let walk = try LogWalk(directory: folder + "/log", knownDurable: set.sequence, isPart: true) { record, _ in try projections.apply(record) }
        if let fault = walk.fault { throw ConfigurationError("the log cannot be backed up: record \(fault.place.sequence): \(fault.what)") }
        var missing: String?
        try projections.registry.visitContents { content in
            guard missing == nil else { return }
            if content.sequence < set.first, try !Files.exists("\(destination)/manifests/\(content.manifest.algorithm.name)/\(content.manifest.hex)") {
                missing = "manifest \(content.manifest)"
            }
            for blob in content.blobs where missing == nil {
                if try !Files.exists("\(destination)/blobs/\(blob.algorithm.name)/\(blob.hex)") { missing = "blob \(blob)" }
            }
        }
        let secrets = projections.webhooks.secretFiles(in: "webhooks").map(\.path)
        return (missing, secrets.first { set.entry($0) == nil })
    }

    /// What stands for the records that were archived: retention may have taken them between two files that were copied.
    private func beginning(_ projections: Projections) -> String? {
        guard set.first > 1 else { return nil }
        if projections.sequence < set.first - 1 { return "what comes between the snapshots and record \(set.first)" }
        let hashes = (set.entry("tree/0")?.size ?? 0) / TreeHash.size
        return UInt64(hashes) < set.first - 1 ? "the tree's hash of record \(hashes + 1)" : nil
    }

    /// Gives the set's files of a folder their names, as far as they have records after `sequence`.
    private func link(_ prefix: String, from sequence: UInt64, in folder: String) throws {
        let entries = set.entries.filter { $0.path.hasPrefix(prefix) }.sorted { $0.path < $1.path }
        for (slot, entry) in entries.enumerated() {
            if slot + 1 < entries.count, let next = EventLog.firstSequence(of: entries[slot + 1].path), next <= sequence + 1 { continue }
            try Files.link("\(destination)/files/\(entry.sha256)", to: "\(folder)/\(entry.path)")
        }
    }

    static func remove(_ folder: String) throws {
        guard let info = try Files.linkInfo(folder) else { return }
        guard info.kind == .directory else { return try Files.unlink(folder) }
        for name in try Files.list(folder) { try remove("\(folder)/\(name)") }
        try Files.removeDirectory(folder)
    }
}

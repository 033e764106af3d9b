import Crypto
import IO
import OCI

/// Reads a backup's folder whole, and says what is damaged or missing in it. Nothing is changed.
package struct BackupInspection {
    package private(set) var files = 0
    package private(set) var bytes = 0
    /// A sentence each.
    package private(set) var findings: [String] = []
    private let folder: String
    private let say: (String) -> Void
    private var next = Monotonic.milliseconds + 2000

    package static func run(_ folder: String, say: @escaping (String) -> Void) throws -> BackupInspection {
        let sets = try BackupSet.list(folder)
        if sets.isEmpty { throw ConfigurationError("there is no backup in \(folder)") }
        let lock = try Restore.hold(folder)
        defer { withExtendedLifetime(lock) {} }
        var inspection = BackupInspection(folder: folder, say: say)
        for kind in ["manifests", "blobs"] { try inspection.lookAtContent(kind) }
        var seen: Set<String> = []
        for sequence in sets {
            do { try inspection.lookAt(BackupSet(folder, sequence), &seen) } catch let error as ConfigurationError {
                inspection.findings.append("\(error)")
            }
        }
        return inspection
    }

    private init(folder: String, say: @escaping (String) -> Void) {
        (self.folder, self.say) = (folder, say)
    }

    private mutating func lookAt(_ set: BackupSet, _ seen: inout Set<String>) throws {
        let before = findings.count
        for entry in set.entries where seen.insert(entry.sha256).inserted {
            let path = "\(folder)/files/\(entry.sha256)"
            try look(path, .sha256, entry.sha256, "\(path), which is \(entry.path) of the backup up to record \(set.sequence),")
        }
        // What is damaged is named already.
        guard findings.count == before else { return }
        let missing = try BackupCheck(destination: folder, set: set).missing()
        if let content = missing.content { findings.append("the backup up to record \(set.sequence) lacks \(content)") }
    }

    private mutating func lookAtContent(_ kind: String) throws {
        for algorithm in DigestAlgorithm.allCases {
            let directory = "\(folder)/\(kind)/\(algorithm.name)"
            guard try Files.exists(directory) else { continue }
            for name in try Files.list(directory) where !name.hasSuffix(".tmp") {
                try look("\(directory)/\(name)", algorithm == .sha256 ? .sha256 : .sha512, name, "\(directory)/\(name)")
            }
        }
    }

    private mutating func look(_ path: String, _ function: HashFunction, _ expected: String, _ what: String) throws(IOError) {
        guard let info = try Files.info(path) else { return findings.append("\(what) is missing") }
        files += 1
        bytes += info.size
        if Hex.encode(try ContentStore.digest(of: path, function)) != expected { findings.append("\(what) is damaged") }
        guard Monotonic.milliseconds >= next else { return }
        next = Monotonic.milliseconds + 2000
        say("\(files) files, \(bytes >> 20) MiB read")
    }
}

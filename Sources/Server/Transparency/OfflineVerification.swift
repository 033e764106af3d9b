package import Audit
import Crypto
import Events
package import EventLog
import IO
import OCI
import Registry

/// `signalbox audit verify` and its like: the data folder of a hub that does not run.
package enum OfflineVerification {
    /// - Parameters:
    ///   - trusted: keys to be trusted instead of the folder's own.
    ///   - outside: checkpoints that were kept elsewhere.
    ///   - readsBlobs: read and hash each blob, and do not only look for it.
    ///   - say: called now and then with how far it has come.
    package static func run(
        data: String, trusted: [NoteKey]?, outside: [(name: String, note: SignedNote)], readsBlobs: Bool,
        say: @escaping (String) -> Void
    ) throws -> VerifyReport {
        let lock = try OfflineLog.lock(data)
        defer { withExtendedLifetime(lock) {} }
        return try check(data, trusted, outside, readsBlobs: readsBlobs, say)
    }

    /// As `run`, of a folder that the caller holds.
    static func check(
        _ data: String, _ trusted: [NoteKey]?, _ outside: [(name: String, note: SignedNote)], readsBlobs: Bool, _ say: @escaping (String) -> Void
    ) throws -> VerifyReport {
        let checkpoints = try CheckpointList(
            directory: CheckpointKeys.folder(data), keys: CheckpointKeys.load(data), trusted: trusted, outside: outside)
        var verifier = LogVerifier(data: data, checkpoints: checkpoints)
        var fold = StateCheck(data: data)
        var indexes = IndexVerifier(log: data + "/log")
        var archive = ArchiveCheck()
        var speed = Speed(say)
        var isFirst = true
        let known = max(try OfflineLog.knownDurable(data), checkpoints.greatest)
        let walk = try LogWalk(directory: data + "/log", knownDurable: known) { record, place in
            if isFirst { try verifier.begin(at: record.sequence) }
            if isFirst { fold.begin(at: record.sequence) }
            isFirst = false
            try verifier.take(record, place)
            fold.take(record, place)
            if record.kind != .lost, record.attachment.isEmpty { archive.take(record.body) }
            try indexes.take(record, place)
            speed.add(record.body.count + record.attachment.count, record.sequence)
        }
        verifier.end(walk)
        fold.end(last: verifier.report.last, isWhole: walk.fault == nil, readsBlobs: readsBlobs, say)
        var report = verifier.report
        if let why = try HaltMark.reason(data) { report.findings.append(.init("the hub has stopped signing: \(why)", path: HaltMark.path(data))) }
        report.findings += fold.findings
        report.notes += fold.notes
        if walk.fault == nil { archive.end(first: report.first, &report) }
        try indexes.end(walk, &report)
        if try Files.exists(data + "/pulls") { report.notes.append(unprovenPulls) }
        report.manifests = fold.manifests
        report.blobs = fold.blobs
        return report
    }

    /// Pulls are in a log without a tree.
    package static let unprovenPulls = "pulls are recorded in a log of their own, and nothing proves that one: it was not looked at"

    /// A new key for a stopped hub's checkpoints. That is a record first, under a last checkpoint that the old key alone signs.
    package static func rotateKey(data: String) async throws -> (old: NoteKey, new: NoteKey) {
        let lock = try OfflineLog.lock(data)
        defer { withExtendedLifetime(lock) {} }
        guard let origin = try CheckpointKeys.load(data).last?.name else {
            throw ConfigurationError("the hub in \(data) has no key for checkpoints yet: it gets its first when it starts")
        }
        let rotation = try CheckpointKeys.beginRotation(data: data, origin: origin)
        let log = try OfflineRecord.open(data)
        defer { log.close() }
        // Before the log says that there is a new key: it must be one that can be signed.
        try await OfflineRecord.sign(log, data, rotation.keys)
        let notice = KeyNotice(origin: origin, previousKey: "\(rotation.old)", key: "\(rotation.new)")
        try OfflineRecord.append(.keyRotated(notice), by: "audit rotate-key", data, to: log)
        try await OfflineRecord.sign(log, data, rotation.keys)
        try rotation.finish()
        return (rotation.old, rotation.new)
    }
}

/// How fast something long goes, said every other second.
private struct Speed {
    private let say: (String) -> Void
    private let start = Monotonic.milliseconds
    private var next = Monotonic.milliseconds + 2000
    private var bytes = 0
    private var count = 0

    init(_ say: @escaping (String) -> Void) { self.say = say }

    mutating func add(_ count: Int, _ sequence: UInt64) {
        bytes += count
        self.count += 1
        guard self.count % 1024 == 0, Monotonic.milliseconds >= next else { return }
        next = Monotonic.milliseconds + 2000
        let seconds = max(1, (Monotonic.milliseconds - start) / 1000)
        say("record \(sequence), \(bytes >> 20) MiB, \((bytes >> 20) / Int(seconds)) MiB/s")
    }
}

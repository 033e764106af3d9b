import Audit
import Delivery
import Deployment
import EventLog
import Events
import IO
import OCI
import Registry

/// Takes old segments out of the log: archives them first, moves manifests that are still needed out of them, and only then removes them.
///
/// A segment stays as long as anybody needs it: a start that would have to replay it, the tree that is not under a checkpoint yet, or a
/// webhook that has not read it (for a time: see `Webhooks.Need`). The segment that is appended to always stays.
struct Retention: Sendable {
    let services: Services
    let settings: AuditSettings.Retention
    let snapshots: SnapshotStore

    /// How many segments one turn looks at.
    private static let limit = 64
    /// Milliseconds that a segment is written to at least: that something left the log is a record too, for which a segment must not end at once.
    private static let shortest: Int64 = 3_600_000

    /// Looks every so often until the task is cancelled.
    func run() async {
        var failure: String?
        while true {
            do { try await Task.sleep(for: .milliseconds(settings.interval)) } catch { return }
            do {
                try await turn()
                failure = nil
            } catch {
                if failure != "\(error)" { Diagnostics.error("old segments stay in the log: \(error)") }
                failure = "\(error)"
            }
        }
    }

    /// Removes what is due and free to go; answers the first record that is kept then.
    @discardableResult
    func turn(now: Int64 = Wall.milliseconds) async throws -> UInt64 {
        let services = services
        let due = try await services.pool.run { () throws -> ArraySlice<EventLog.SealedSegment> in
            // Only whole segments go, and on a quiet hub one may take years to fill.
            if let age = settings.maxAge { try services.log.seal(startedBefore: now - max(age / 8, Self.shortest)) }
            return try excessive(now: now)
        }
        guard let newest = due.last else { return services.log.oldestSequence }
        // A start goes on from a snapshot, and has another one where the newest is damaged: both must cover what goes.
        if Projections.covered(snapshots) < newest.last {
            try await Projections.save(services, to: snapshots)
            try await services.pool.run { () throws(IOError) in try Projections.keepTwice(snapshots, beyond: newest.last) }
        }
        guard let published = services.notary.published else { return services.log.oldestSequence }
        let free = min(
            Projections.covered(snapshots), published.checkpoint.size, services.notary.failure == nil ? services.notary.size : 0,
            try await services.pool.run { () throws(IOError) in try DeploymentEngine.knownDurable(services.data + "/deployments") })
        let needs = services.webhooks.needs()
        let leaving = due.prefix { segment in
            segment.last <= free && !needs.contains { $0.holds(segment, now: now, patience: settings.waitForWebhooks) }
        }
        if leaving.isEmpty { return services.log.oldestSequence }
        let archived = try await services.pool.run { try archive(leaving, published) }
        for notice in archived.unrecorded { try await services.journal.record(.segmentArchived(notice), .system("retention")) }
        guard let last = archived.last else { return services.log.oldestSequence }
        try await services.pool.run { try keepManifests(through: last) }
        try await services.webhooks.skip(through: last)
        try await services.pool.run { () throws(LogError) in try services.log.forget(before: last + 1) }
        let count = leaving.count { $0.last <= last }
        Diagnostics.info("archived \(count) segments of the log to \(settings.archive); it begins with record \(services.log.oldestSequence) now")
        return services.log.oldestSequence
    }

    /// Sees to it that segments are in the archive, and looks whether the log says so. It says what left it before that is true: a segment goes
    /// once a checkpoint covers the record about it.
    /// - Returns: the last record that may go; nil for none. And what is to be recorded first.
    private func archive(
        _ segments: ArraySlice<EventLog.SealedSegment>, _ published: Notary.Published
    ) throws -> (last: UInt64?, unrecorded: [ArchiveNotice]) {
        let archive = SegmentArchive(directory: settings.archive)
        let records = try records(from: segments.first?.first ?? 0)
        var last: UInt64?
        var unrecorded: [ArchiveNotice] = []
        var isNext = true
        for segment in segments {
            let record = records[segment.last]
            if let record, record.sequence > published.checkpoint.size {
                isNext = false
                continue
            }
            // Read back once more before it goes: it is all there is of it from then on.
            let notice = try archive.add(segment, checkpoint: published.note)
            // A redaction may have changed it since.
            if record?.sha256 != notice.sha256 { unrecorded.append(notice) }
            isNext = isNext && record?.sha256 == notice.sha256
            if isNext { last = segment.last }
        }
        return (last, unrecorded)
    }

    /// The newest records that say of segments that they are archived, and with which hash, by the segments' last records; none that end before `first`.
    private func records(from first: UInt64) throws -> [UInt64: (sequence: UInt64, sha256: String)] {
        var records: [UInt64: (sequence: UInt64, sha256: String)] = [:]
        var search = EventSearch()
        search.filter = try EventFilter([(.type, EventType.segmentArchived.rawValue)])
        repeat {
            let page = try services.audit.page(search)
            for event in page.events {
                guard case .segmentArchived(let notice) = try Event(decoding: event.body).payload else { continue }
                if notice.through < first { return records }
                records[notice.through] = records[notice.through] ?? (event.sequence, notice.sha256)
            }
            search.before = page.next
        } while search.before != nil
        return records
    }

    /// The oldest segments, as far as age or size say that they are to go.
    private func excessive(now: Int64) throws -> ArraySlice<EventLog.SealedSegment> {
        let segments = try services.log.sealedSegments(limit: Self.limit)
        var excess = try settings.maxBytes.map { try services.log.bytes - $0 } ?? 0
        var count = 0
        for segment in segments {
            let isOld = settings.maxAge.map { segment.latest < now - $0 } ?? false
            guard isOld || excess > 0 else { break }
            excess -= segment.bytes
            count += 1
        }
        return segments.prefix(count)
    }

    /// Every manifest of the state whose bytes are in a record up to `last` gets a file of its own. Records only lose manifests that
    /// need them, so that none is missed between this and the removal.
    private func keepManifests(through last: UInt64) throws {
        let store = ManifestStore(directory: services.data + "/manifests")
        var needed: Set<Digest> = []
        for content in services.registry.contents(through: last) {
            guard needed.insert(content.manifest).inserted else { continue }
            if let record = try services.log.record(at: content.sequence) {
                try store.write(content.manifest, record.attachment)
            } else {
                // It left the log before, and has its file.
                _ = try store.read(content.manifest)
            }
        }
        _ = try store.keep { needed.contains($0) }
    }
}

extension Projections {
    /// A record up to which every kept snapshot of every name goes; 0 where a name has fewer than two.
    static func covered(_ store: SnapshotStore) -> UInt64 {
        names.map { store.oldestOfTwo(name: $0) }.min() ?? 0
    }

    /// Where nothing happened since the newest snapshot, there is no later state to save: it is kept twice.
    static func keepTwice(_ store: SnapshotStore, beyond sequence: UInt64) throws(IOError) {
        for name in names where store.oldestOfTwo(name: name) < sequence { try store.copyNewest(name: name) }
    }
}

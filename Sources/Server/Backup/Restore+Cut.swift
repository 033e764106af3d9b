import Audit
import Delivery
import Deployment
import EventLog
import Events
import IO

extension Restore {
    /// The folder as it was at an earlier record: what refers to later ones goes, or is set back.
    /// - Returns: what events said that went, and is still so: of records that stay, that they are redacted; of those that the log does not have
    ///   any more, that they are archived.
    mutating func cut() throws -> [Event.Payload] {
        guard let to = options.to, to < set.sequence else { return [] }
        let snapshots = SnapshotStore(directory: data + "/snapshots")
        let earliest = Self.earliest(snapshots, first: report.first)
        guard let earliest, to >= earliest else { throw tooEarly(to, earliest) }
        // A transaction may go as a whole that begins before; longer it cannot be.
        let notices = try Self.notices(in: data, after: max(to > 65_536 ? to - 65_536 : 0, report.first - 1), last: set.sequence)
        let last = try LogCut.run(directory: data + "/log", after: to)
        guard last >= earliest - 1 else { throw tooEarly(to, earliest) }
        for name in try Files.exists(data + "/snapshots") ? Files.list(data + "/snapshots") : [] where Self.sequence(ofSnapshot: name) > last {
            try Files.unlink("\(data)/snapshots/\(name)")
        }
        // Those of deployments may have seen more than they are named after.
        while let (sequence, bytes) = snapshots.newest(name: Projections.deploymentsName), Self.needs(bytes, sequence) > last {
            try snapshots.remove(name: Projections.deploymentsName, sequence: sequence)
        }
        try Webhooks.setBack(data + "/webhooks", to: last)
        try DeliveryLog.setBack(data + "/deliveries", to: last)
        try DeploymentEngine.setBack(data + "/deployments", to: last)
        report.sequence = last
        let first = report.first
        return notices.filter { notice in
            guard notice.sequence > last else { return false }
            return switch notice.payload {
            case .recordRedacted(let redaction): redaction.record <= last
            case .segmentArchived(let archived): archived.through == first - 1
            default: false
            }
        }.map { $0.payload }
    }

    private func tooEarly(_ to: UInt64, _ earliest: UInt64?) -> ConfigurationError {
        let first = report.first
        let state = earliest.map { "the earliest state that it has is that after record \($0): say --to \($0) or later" } ?? "no state goes that far back"
        let archive = options.archive.map { "\($0) has no record \(first - 1) that fits" } ?? "give the archive with --archive DIR"
        return ConfigurationError(
            "the folder as it was after record \(to) cannot be made: records before \(first) left the log for the archive, and \(state); or \(archive)")
    }

    /// The first record after which the state can be made: any, where the log is whole; else one that all states have a snapshot up to.
    private static func earliest(_ snapshots: SnapshotStore, first: UInt64) -> UInt64? {
        guard first > 1 else { return 1 }
        var earliest = first
        for name in Projections.names {
            var needed: UInt64?
            var limit = UInt64.max
            while let (sequence, bytes) = snapshots.newest(name: name, upTo: limit), sequence >= first - 1 {
                needed = name == Projections.deploymentsName ? needs(bytes, sequence) : sequence
                guard sequence > 0 else { break }
                limit = sequence - 1
            }
            guard let needed else { return nil }
            earliest = max(earliest, needed)
        }
        return earliest
    }

    /// The last record that a snapshot of deployments has seen.
    private static func needs(_ bytes: [UInt8], _ sequence: UInt64) -> UInt64 {
        guard let saved = try? SavedDeployments(bytes, sequence: sequence) else { return sequence }
        return max(saved.stateSequence, saved.scansSequence ?? 0)
    }

    private static func notices(in data: String, after: UInt64, last: UInt64) throws -> [(sequence: UInt64, payload: Event.Payload)] {
        let types = [EventType.recordRedacted, .segmentArchived].map(\.rawValue)
        var options = EventLog.Options(directory: data + "/log")
        options.knownDurable = last
        var found: [(sequence: UInt64, payload: Event.Payload)] = []
        try EventLog.open(options, replayAfter: after) { record in
            guard record.attachment.isEmpty, let header = try? EventHeader(scanning: record.body), types.contains(header.type),
                let event = try? Event(decoding: record.body)
            else { return }
            found.append((record.sequence, event.payload))
        }.close()
        return found
    }

    private static func sequence(ofSnapshot name: String) -> UInt64 {
        guard name.hasSuffix(".snapshot"), let last = name.split(separator: "-").last else { return 0 }
        return UInt64(last.prefix { $0 != "." }) ?? 0
    }
}

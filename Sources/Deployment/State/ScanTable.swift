package import EventLog
package import Events
import OCI

/// The newest scan of each image: the fold of `image.scanned`. It is kept apart from the deployments, whose events are
/// the engine's own, because these come from elsewhere and at any time.
package struct ScanTable: Sendable {
    /// The last record that was looked at.
    package internal(set) var sequence: UInt64 = 0
    private(set) var scans: [Digest: Entry] = [:]
    /// Oldest first; a digest that was scanned again stands at its last scan.
    private var order: [UInt64: Digest] = [:]

    struct Entry: Sendable, Hashable {
        var summary: ScanSummary
        var sequence: UInt64
        var time: Int64
    }

    /// How many images' scans are remembered.
    static let limit = 20_000

    package init() {}

    subscript(_ digest: Digest) -> Entry? { scans[digest] }

    /// Looks at one record. Records that were looked at before, and those of others, change nothing.
    package mutating func apply(_ record: Record) throws(EventError) {
        guard record.sequence > sequence else { return }
        defer { sequence = record.sequence }
        guard record.kind != .lost,
            try EventHeader(scanning: record.body).type == EventType.imageScanned.rawValue,
            case .imageScanned(let scan) = try Event(decoding: record.body).payload
        else { return }
        set(scan.digest, Entry(summary: scan.summary, sequence: record.sequence, time: record.time))
    }

    mutating func set(_ digest: Digest, _ entry: Entry) {
        if let old = scans[digest] { order[old.sequence] = nil }
        scans[digest] = entry
        order[entry.sequence] = digest
        guard scans.count > Self.limit, let first = order.keys.min() else { return }
        if let digest = order.removeValue(forKey: first) { scans[digest] = nil }
    }

    /// Nothing up to `sequence` is of interest that was not looked at.
    mutating func pass(_ sequence: UInt64) { self.sequence = max(self.sequence, sequence) }
}

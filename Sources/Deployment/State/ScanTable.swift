package import EventLog
package import Events
import OCI

/// The newest report of each scanner on each image of each repository: the fold of `image.scanned`. It is kept apart from
/// the deployments, whose events are the engine's own, because these come from elsewhere and at any time.
package struct ScanTable: Sendable {
    /// The last record that was looked at.
    package internal(set) var sequence: UInt64 = 0
    private(set) var images: [Image: Reports] = [:]
    /// By the sequence of its last report.
    private var order: [UInt64: Image] = [:]
    private var count = 0

    /// A digest in a repository: who may push to another one has no say here.
    struct Image: Sendable, Hashable {
        let repository: RepositoryName
        let digest: Digest
    }

    struct Entry: Sendable, Hashable {
        var summary: ScanSummary
        var sequence: UInt64
        var time: Int64
    }

    /// How many reports are remembered. The reports on an image are forgotten all at once, so that never the bad one goes
    /// and a good one stays.
    static let limit = 20_000

    package init() {}

    /// By scanner; none where the image was not scanned.
    func reports(on digest: Digest, in repository: RepositoryName) -> [Entry] {
        images[Image(repository: repository, digest: digest)]?.all ?? []
    }

    /// Looks at one record. Records that were looked at before, and those of others, change nothing.
    package mutating func apply(_ record: Record) throws(EventError) {
        guard record.sequence > sequence else { return }
        defer { sequence = record.sequence }
        guard record.kind != .lost,
            try EventHeader(scanning: record.body).type == EventType.imageScanned.rawValue,
            case .imageScanned(let scan) = try Event(decoding: record.body).payload
        else { return }
        let image = Image(repository: scan.repository, digest: scan.digest)
        add(Entry(summary: scan.summary, sequence: record.sequence, time: record.time), on: image)
    }

    /// - Parameter isOfOthers: it stands for several scanners, as `Reports.others` does.
    mutating func add(_ entry: Entry, on image: Image, isOfOthers: Bool = false) {
        var reports = Reports()
        if let old = images[image] {
            reports = old
            order[old.last] = nil
            count -= old.count
        }
        reports.add(entry, isOfOthers: isOfOthers)
        images[image] = reports
        order[reports.last] = image
        count += reports.count
        while count > Self.limit, let first = order.keys.min(), let oldest = order.removeValue(forKey: first) {
            count -= images.removeValue(forKey: oldest)?.count ?? 0
        }
    }

    /// Nothing up to `sequence` is of interest that was not looked at.
    mutating func pass(_ sequence: UInt64) { self.sequence = max(self.sequence, sequence) }
}

extension ScanTable {
    /// What scanners said of one image.
    struct Reports: Sendable, Hashable {
        private(set) var byScanner: [String: Entry] = [:]
        /// Of scanners beyond the limit, of each severity the most that one of them ever found: it gets no better, as it is
        /// not known any more who found what.
        private(set) var others: Entry?
        private(set) var last: UInt64 = 0

        /// Reports name their scanners themselves, so there can be any number.
        static let scannerLimit = 16

        var count: Int { byScanner.count + (others == nil ? 0 : 1) }

        var all: [Entry] {
            byScanner.values.sorted { $0.summary.scanner < $1.summary.scanner } + (others.map { [$0] } ?? [])
        }

        mutating func add(_ entry: Entry, isOfOthers: Bool) {
            last = max(last, entry.sequence)
            let scanner = entry.summary.scanner
            guard isOfOthers || (byScanner[scanner] == nil && byScanner.count >= Self.scannerLimit) else {
                return byScanner[scanner] = entry
            }
            var counts = others?.summary.counts ?? SeverityCounts()
            for severity in Severity.allCases { counts[severity] = max(counts[severity], entry.summary.counts[severity]) }
            others = Entry(
                summary: ScanSummary(scanner: "one of further scanners", counts: counts), sequence: entry.sequence,
                time: entry.time)
        }
    }
}

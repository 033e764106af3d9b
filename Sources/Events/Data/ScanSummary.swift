package import JSON

/// How bad a finding is. Scanners' own scales are mapped to this one.
package enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    /// The scanner does not say.
    case unknown
    case negligible, low, medium, high, critical

    private var rank: Int {
        switch self {
        case .unknown: 0
        case .negligible: 1
        case .low: 2
        case .medium: 3
        case .high: 4
        case .critical: 5
        }
    }

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}

/// Findings by severity.
package struct SeverityCounts: Hashable, Sendable {
    package var unknown: Int64 = 0
    package var negligible: Int64 = 0
    package var low: Int64 = 0
    package var medium: Int64 = 0
    package var high: Int64 = 0
    package var critical: Int64 = 0

    package init() {}

    package subscript(_ severity: Severity) -> Int64 {
        get {
            switch severity {
            case .unknown: unknown
            case .negligible: negligible
            case .low: low
            case .medium: medium
            case .high: high
            case .critical: critical
            }
        }
        set {
            switch severity {
            case .unknown: unknown = newValue
            case .negligible: negligible = newValue
            case .low: low = newValue
            case .medium: medium = newValue
            case .high: high = newValue
            case .critical: critical = newValue
            }
        }
    }

    package var total: Int64 { Severity.allCases.reduce(0) { $0 &+ self[$1] } }

    /// The worst severity that was found; nil where nothing was.
    package var worst: Severity? { Severity.allCases.filter { self[$0] > 0 }.max() }
}

/// What a scan of an image came to.
package struct ScanSummary: Hashable, Sendable {
    /// The scanner's name as its report gives it, such as `Trivy`.
    package var scanner: String
    package var scannerVersion: String?
    package var counts: SeverityCounts
    /// Findings for which there is a fixed version; nil where the report does not tell.
    package var fixable: Int64?

    package init(scanner: String, scannerVersion: String? = nil, counts: SeverityCounts, fixable: Int64? = nil) {
        self.scanner = scanner
        self.scannerVersion = scannerVersion
        self.counts = counts
        self.fixable = fixable
    }

    /// Nil where nothing was found.
    package var worst: Severity? { counts.worst }

    /// The members alone, for an object that has more.
    package func encodeMembers(into writer: inout JSONWriter) {
        writer.key("scanner")
        writer.beginObject()
        writer.member("name", scanner)
        writer.member("version", ifPresent: scannerVersion)
        writer.endObject()
        writer.member("worst", worst?.rawValue ?? "none")
        writer.key("counts")
        writer.beginObject()
        for severity in Severity.allCases.reversed() {
            writer.key(named: severity.rawValue)
            writer.int(counts[severity])
        }
        writer.endObject()
        writer.member("total", counts.total)
        if let fixable { writer.member("fixable", fixable) }
    }

    init(_ data: Fields) throws(EventError) {
        let scanner = try data.fields("scanner")
        self.scanner = try scanner.string("name")
        scannerVersion = try scanner.optionalString("version")
        let fields = try data.fields("counts")
        counts = SeverityCounts()
        for severity in Severity.allCases { counts[severity] = try fields.size(severity.rawValue) }
        fixable = data.value("fixable") == nil ? nil : try data.size("fixable")
    }
}

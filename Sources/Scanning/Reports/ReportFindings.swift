import Events

/// What a report says, before it is a summary.
struct ReportFindings: Sendable, Hashable {
    var scanner: String
    var version: String?
    var counts = SeverityCounts()
    var fixable: Int64?

    /// Names and versions are kept for good, so they are cut to a length.
    private static let maximumName = 128

    var summary: ScanSummary {
        ScanSummary(scanner: Self.cut(scanner), scannerVersion: version.map(Self.cut), counts: counts, fixable: fixable)
    }

    private static func cut(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(maximumName)))
    }
}

extension Severity {
    /// A word of Trivy, Grype and the like, whatever its case; others are unknown.
    init(word: String) {
        self = Severity(rawValue: word.lowercased()) ?? .unknown
    }

    /// A score of CVSS, with the names that CVSS gives to its ranges.
    init(score: Double) {
        switch score {
        case 9...: self = .critical
        case 7..<9: self = .high
        case 4..<7: self = .medium
        case _ where score > 0: self = .low
        default: self = .negligible
        }
    }
}

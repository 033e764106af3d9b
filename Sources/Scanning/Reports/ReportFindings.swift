import Events
import OCI

/// What a report says, before it is a summary.
struct ReportFindings: Sendable, Hashable {
    var scanner: String
    var version: String?
    var counts = SeverityCounts()
    var fixable: Int64?
    /// What it says that it is about; not all reports do.
    private(set) var images: [Image] = []
    private(set) var known: Set<Image> = []
    /// Digests that the image has besides, such as that of the one platform's manifest that was looked at.
    private(set) var others: Set<Digest> = []

    struct Image: Sendable, Hashable {
        let name: String
        let digest: Digest
        /// It is what the scan was asked for, and not one of the names that the image has besides.
        let isNamed: Bool
    }

    private static let maximumImages = 1_000

    /// - Parameter text: `name@digest`; without a digest it says nothing.
    mutating func add(image text: String, isNamed: Bool) {
        let parts = text.split(separator: "@", maxSplits: 1)
        guard parts.count == 2, images.count < Self.maximumImages, let digest = Digest(String(parts[1])) else { return }
        let image = Image(name: String(parts[0]), digest: digest, isNamed: isNamed)
        if known.insert(image).inserted { images.append(image) }
    }

    mutating func add(digest text: String) {
        if others.count < Self.maximumImages, let digest = Digest(text) { others.insert(digest) }
    }

    /// That it is about an image, as far as it says: the digests that it names in that repository, and the one that was asked for.
    /// One of another repository may well be of the same image, which has another manifest there.
    func check(_ repository: RepositoryName, _ digest: Digest) throws(ScanError) {
        let digests = images.filter { $0.isNamed || $0.name == repository.text || $0.name.hasSuffix("/\(repository)") }.map(\.digest)
        guard let other = digests.first, !digests.contains(digest), !others.contains(digest) else { return }
        throw ScanError(.invalid, "the report is of the image \(other), not of \(digest): send it with the digest that was scanned, or scan this one")
    }

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

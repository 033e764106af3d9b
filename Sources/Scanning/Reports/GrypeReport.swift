import Events

/// Grype's JSON report. What its configuration ignores (`ignoredMatches`) does not count.
struct GrypeReport: ReportContent {
    enum Field: String, CaseIterable, Sendable {
        case matches = "matches"
        case match = "matches[]"
        case severity = "matches[].vulnerability.severity"
        case fix = "matches[].vulnerability.fix.state"
        case name = "descriptor.name"
        case version = "descriptor.version"
        case target = "source.target"
        case artifact = "source.target.userInput"
        case manifest = "source.target.manifestDigest"
        case repositoryDigest = "source.target.repoDigests[]"
    }

    /// Of a folder or a file it is a text.
    static func mayBePlain(_ field: Field) -> Bool { field == .target }

    private var found = ReportFindings(scanner: "", fixable: 0)
    private var hasMatches = false
    private var severity = Severity.unknown
    private var hasFix = false

    mutating func begin(_ field: Field) {
        if case .matches = field { hasMatches = true }
        severity = .unknown
        hasFix = false
    }

    mutating func value(_ field: Field, _ text: String?) {
        guard let text else { return }
        switch field {
        case .severity: severity = Severity(word: text)
        case .fix: hasFix = text == "fixed"
        case .name: found.scanner = text
        case .version: found.version = text
        case .artifact: found.add(image: text, isNamed: true)
        case .manifest: found.add(digest: text)
        case .repositoryDigest: found.add(image: text, isNamed: false)
        case .matches, .match, .target: break
        }
    }

    mutating func end(_ field: Field) {
        guard case .match = field else { return }
        found.counts[severity] += 1
        if hasFix { found.fixable = (found.fixable ?? 0) + 1 }
    }

    func findings() throws(ScanError) -> ReportFindings {
        guard hasMatches, !found.scanner.isEmpty else {
            throw ScanError(.invalid, "the report has no \(hasMatches ? "descriptor.name" : "matches"), so it is not Grype's JSON (grype -o json)")
        }
        return found
    }
}

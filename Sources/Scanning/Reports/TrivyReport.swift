import Events

/// Trivy's JSON report. Everything that it lists counts: vulnerabilities, secrets, failed checks of configuration and licences; what is
/// not wanted is left out of the scan.
struct TrivyReport: ReportContent {
    enum Field: String, CaseIterable, Sendable {
        case schema = "SchemaVersion"
        case version = "Trivy.Version"
        case system = "Metadata.OS.Family"
        case artifact = "ArtifactName"
        case repositoryDigest = "Metadata.RepoDigests[]"
        case result = "Results[]"
        case resultClass = "Results[].Class"
        case vulnerability = "Results[].Vulnerabilities[]"
        case vulnerabilitySeverity = "Results[].Vulnerabilities[].Severity"
        case vulnerabilityFix = "Results[].Vulnerabilities[].FixedVersion"
        case secret = "Results[].Secrets[]"
        case secretSeverity = "Results[].Secrets[].Severity"
        case check = "Results[].Misconfigurations[]"
        case checkSeverity = "Results[].Misconfigurations[].Severity"
        case checkStatus = "Results[].Misconfigurations[].Status"
        case license = "Results[].Licenses[]"
        case licenseSeverity = "Results[].Licenses[].Severity"
    }

    private var found = ReportFindings(scanner: "Trivy", fixable: 0)
    private var schema: String?
    private var system: String?
    private var hasResult = false
    /// Of the result; nil where there is none, as in Trivy's older reports.
    private var resultClass: String?
    /// What was looked for besides vulnerabilities.
    private var others: Set<String> = []
    private var hasPackages = false
    private var severity = Severity.unknown
    private var hasFix = false
    private var hasPassed = false

    mutating func begin(_ field: Field) {
        if field == .result {
            hasResult = true
            resultClass = nil
        }
        if field == .vulnerability { hasPackages = true }
        severity = .unknown
        hasFix = false
        hasPassed = false
    }

    mutating func value(_ field: Field, _ text: String?) throws(ScanError) {
        guard let text else { return }
        switch field {
        case .schema:
            guard text == "2" else {
                throw ScanError(.invalid, "the report has Trivy's SchemaVersion \(text.prefix(20)); only 2 is understood")
            }
            schema = text
        case .version: found.version = text
        case .system: system = text
        case .artifact: found.add(image: text, isNamed: true)
        case .repositoryDigest: found.add(image: text, isNamed: false)
        case .resultClass: resultClass = text
        case .vulnerabilitySeverity, .secretSeverity, .checkSeverity, .licenseSeverity: severity = Severity(word: text)
        case .vulnerabilityFix: hasFix = !text.isEmpty
        case .checkStatus: hasPassed = text != "FAIL"
        case .result, .vulnerability, .secret, .check, .license: break
        }
    }

    mutating func end(_ field: Field) {
        if field == .result {
            if let resultClass, !Self.packageClasses.contains(resultClass) {
                if others.count < 10 { others.insert(String(resultClass.prefix(40))) }
            } else {
                hasPackages = true
            }
        }
        guard field != .result, !hasPassed else { return }
        found.counts[severity] += 1
        if hasFix { found.fixable = (found.fixable ?? 0) + 1 }
    }

    func findings() throws(ScanError) -> ReportFindings {
        guard schema != nil else {
            throw ScanError(.invalid, "the report has no SchemaVersion, so it is not Trivy's JSON (trivy image --format json)")
        }
        // Trivy writes a result for each thing that it checked, also where nothing was found, and leaves Results out where
        // there was nothing that it could check, or was asked to: that is no clean image but one that nobody has looked at.
        guard hasResult else {
            let system = system.map { "; it saw the system \($0.prefix(40)), and was not asked to check its packages or does not know them" } ?? ""
            throw ScanError(
                .invalid,
                "the report has no Results, so nothing in the image was checked\(system): scan for vulnerabilities (--scanners vuln), with an "
                    + "older Trivy also with --list-all-pkgs, and an image without packages (FROM scratch) by another scanner")
        }
        // Else it says nothing of vulnerabilities, and must not open a gate that is about them.
        guard hasPackages else {
            throw ScanError(
                .invalid,
                "the report is of a scan for other things (\(others.sorted().joined(separator: ", "))) and not for vulnerabilities: scan for these too (--scanners vuln,secret)")
        }
        return found
    }

    /// Of results in which vulnerabilities were looked for.
    private static let packageClasses: Set<String> = ["os-pkgs", "lang-pkgs"]
}

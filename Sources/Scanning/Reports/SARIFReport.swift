import Events

/// A SARIF 2.1.0 log. Each result that is a finding counts, with the severity of its rule: `security-severity` where there is one, or
/// else the level. Trivy's rules carry its own severity among their tags, which comes before the score.
///
/// A result that somebody has accepted (`suppressions` that all say so), one that is gone (`baselineState` absent) and one that reports no
/// problem (`kind` other than fail) does not count.
struct SARIFReport: ReportContent {
    enum Field: String, CaseIterable, Sendable {
        case version = "version"
        case run = "runs[]"
        case tool = "runs[].tool.driver.name"
        case toolVersion = "runs[].tool.driver.version"
        case semanticVersion = "runs[].tool.driver.semanticVersion"
        case rule = "runs[].tool.driver.rules[]"
        case ruleID = "runs[].tool.driver.rules[].id"
        case ruleScore = "runs[].tool.driver.rules[].properties.security-severity"
        case ruleTag = "runs[].tool.driver.rules[].properties.tags[]"
        case ruleLevel = "runs[].tool.driver.rules[].defaultConfiguration.level"
        case otherRule = "runs[].tool.extensions[].rules[]"
        case otherRuleID = "runs[].tool.extensions[].rules[].id"
        case otherRuleScore = "runs[].tool.extensions[].rules[].properties.security-severity"
        case otherRuleLevel = "runs[].tool.extensions[].rules[].defaultConfiguration.level"
        case success = "runs[].invocations[].executionSuccessful"
        case results = "runs[].results"
        case result = "runs[].results[]"
        case resultRuleID = "runs[].results[].ruleId"
        case resultRuleIndex = "runs[].results[].ruleIndex"
        case resultReferenceID = "runs[].results[].rule.id"
        case resultReferenceIndex = "runs[].results[].rule.index"
        case resultLevel = "runs[].results[].level"
        case resultKind = "runs[].results[].kind"
        case resultState = "runs[].results[].baselineState"
        case resultScore = "runs[].results[].properties.security-severity"
        case location = "runs[].results[].locations[].logicalLocations[].fullyQualifiedName"
        case artifact = "runs[].properties.imageName"
        case repositoryDigest = "runs[].properties.repoDigests[]"
        case suppression = "runs[].results[].suppressions[]"
        case suppressionStatus = "runs[].results[].suppressions[].status"
    }

    private var found = ReportFindings(scanner: "")
    private var isSARIF = false
    private var hasRun = false
    private var hasResults = false
    private var run = SARIFRun()
    private var rule = SARIFRun.Rule()
    private var result = SARIFRun.Result()
    private var suppressionStatus: String?

    mutating func begin(_ field: Field) {
        switch field {
        case .run:
            hasRun = true
            hasResults = false
            run = SARIFRun()
        case .rule, .otherRule: rule = SARIFRun.Rule()
        case .results: hasResults = true
        case .result: result = SARIFRun.Result()
        case .suppression: suppressionStatus = nil
        default: break
        }
    }

    mutating func value(_ field: Field, _ text: String?) throws(ScanError) {
        guard let text else { return }
        switch field {
        case .version:
            guard text == "2.1.0" else {
                throw ScanError(.invalid, "the report has SARIF's version \(text.prefix(20)); only 2.1.0 is understood")
            }
            isSARIF = true
        case .tool: run.tool = text
        case .toolVersion: run.version = text
        case .semanticVersion: run.semanticVersion = text
        case .ruleID, .otherRuleID: rule.id = text
        case .ruleScore, .otherRuleScore: rule.score = Self.score(text)
        case .ruleTag: rule.noteTag(text)
        case .ruleLevel, .otherRuleLevel: rule.level = SARIFRun.Level(rawValue: text)
        case .resultRuleID, .resultReferenceID: result.ruleID = text
        case .resultRuleIndex, .resultReferenceIndex: result.ruleIndex = Int(text)
        case .resultLevel: result.level = SARIFRun.Level(rawValue: text)
        case .resultKind: result.kind = text
        case .resultState: result.isGone = text == "absent"
        case .resultScore: result.score = Self.score(text)
        case .suppressionStatus: suppressionStatus = text
        case .artifact: found.add(image: text, isNamed: true)
        case .repositoryDigest: found.add(image: text, isNamed: false)
        case .location: note(location: text)
        case .success:
            guard text != "false" else {
                throw ScanError(.invalid, "the report is of a scan that failed (runs[].invocations[].executionSuccessful is false): scan again")
            }
        case .run, .rule, .otherRule, .results, .result, .suppression: break
        }
    }

    mutating func end(_ field: Field) throws(ScanError) {
        switch field {
        case .rule: try run.add(rule, isDriver: true)
        case .otherRule: try run.add(rule, isDriver: false)
        case .result: try run.add(result)
        case .suppression: result.note(suppression: suppressionStatus)
        case .run:
            // By the specification a run without them found out nothing, which is not to say that there is nothing.
            guard hasResults else {
                throw ScanError(.invalid, "a run in the report has no results (runs[].results): its scan did not end, so scan again")
            }
            for (severity, count) in run.counts { found.counts[severity] += count }
            if found.scanner.isEmpty {
                found.scanner = run.tool ?? ""
                found.version = run.version ?? run.semanticVersion
            }
        default: break
        }
    }

    /// Grype's are `IMAGE@LAYER:/PATH`, where the image is as the scan was asked for, perhaps with its digest.
    private mutating func note(location: String) {
        let parts = location.split(separator: "@", maxSplits: 2)
        if parts.count == 3, parts[2].hasPrefix("sha256:") { found.add(image: "\(parts[0])@\(parts[1])", isNamed: true) }
    }

    private static func score(_ text: String) -> Double? {
        guard let score = Double(text), score.isFinite else { return nil }
        return score
    }

    func findings() throws(ScanError) -> ReportFindings {
        guard isSARIF, hasRun else { throw ScanError(.invalid, "the report has no \(isSARIF ? "runs" : "version 2.1.0"), so it is not SARIF") }
        guard !found.scanner.isEmpty else { throw ScanError(.invalid, "the report does not name its scanner (runs[].tool.driver.name)") }
        return found
    }
}

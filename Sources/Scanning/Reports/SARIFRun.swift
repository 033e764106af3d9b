import Events

/// One run of a SARIF log. Its rules may come before its results or after them, so results are only added up until its end.
struct SARIFRun: Sendable {
    var tool: String?
    var version: String?
    var semanticVersion: String?
    /// By id, and the driver's by their place.
    private var rules: [String: Rule] = [:]
    private var order: [Rule] = []
    /// How often there is each kind of result.
    private var results: [Kind: Int64] = [:]

    /// The most rules of a run, and the most different results.
    static let maximumRules = 100_000

    enum Level: String, Sendable {
        case none, note, warning, error

        var severity: Severity {
            switch self {
            case .none: .negligible
            case .note: .low
            case .warning: .medium
            case .error: .high
            }
        }
    }

    struct Rule: Sendable {
        var id: String?
        var score: Double?
        var level: Level?
        /// Of Trivy, among the tags.
        private(set) var word: Severity?

        mutating func noteTag(_ tag: String) {
            guard ["CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"].contains(tag) else { return }
            word = Severity(word: tag)
        }
    }

    struct Result: Sendable {
        var ruleID: String?
        var ruleIndex: Int?
        var level: Level?
        var score: Double?
        var kind: String?
        var isGone = false
        private var suppressions = 0
        private var accepted = 0

        mutating func note(suppression status: String?) {
            suppressions += 1
            if status == "accepted" { accepted += 1 }
        }

        var isFinding: Bool {
            !isGone && (kind ?? "fail") == "fail" && (suppressions == 0 || accepted < suppressions)
        }
    }

    /// What results must have in common to be counted together.
    private struct Kind: Hashable {
        var ruleID: String?
        var ruleIndex: Int?
        var level: Level?
    }

    mutating func add(_ rule: Rule, isDriver: Bool) throws(ScanError) {
        guard order.count < Self.maximumRules, rules.count < Self.maximumRules else { throw Self.tooMany("rules") }
        if isDriver { order.append(rule) }
        guard let id = rule.id else { return }
        // Of two rules with one id the worse one counts.
        if let known = rules[id], severity(known, nil) >= severity(rule, nil) { return }
        rules[id] = rule
    }

    mutating func add(_ result: Result) throws(ScanError) {
        guard result.isFinding else { return }
        if let score = result.score {
            scored[Severity(score: score), default: 0] += 1
            return
        }
        // The index says which rule only where there is no id: there are scanners that write 0 each time.
        let kind = Kind(ruleID: result.ruleID, ruleIndex: result.ruleID == nil ? result.ruleIndex : nil, level: result.level)
        results[kind, default: 0] += 1
        guard results.count <= Self.maximumRules else { throw Self.tooMany("different results") }
    }

    /// Results with a score of their own.
    private var scored: [Severity: Int64] = [:]

    private static func tooMany(_ what: String) -> ScanError {
        ScanError(.tooLarge, "a run of the report has more than \(maximumRules) \(what)")
    }

    var counts: [Severity: Int64] {
        var counts = scored
        for (kind, count) in results { counts[severity(rule(kind), kind.level), default: 0] += count }
        return counts
    }

    private func rule(_ kind: Kind) -> Rule? {
        guard let id = kind.ruleID else {
            return kind.ruleIndex.flatMap { order.indices.contains($0) ? order[$0] : nil }
        }
        if let rule = rules[id] { return rule }
        // `rule/part` is a part of the rule.
        return id.lastIndex(of: "/").flatMap { rules[String(id[..<$0])] }
    }

    private func severity(_ rule: Rule?, _ level: Level?) -> Severity {
        if let word = rule?.word, tool?.lowercased().hasPrefix("trivy") == true { return word }
        if let score = rule?.score { return Severity(score: score) }
        return (level ?? rule?.level ?? .warning).severity
    }
}

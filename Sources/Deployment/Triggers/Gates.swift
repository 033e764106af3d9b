import Events
import JSON

/// What must hold before a deployment starts. A gate that is not given is open.
package struct Gates: Sendable {
    var approvals: Approvals?
    var scan: Scan?
    var soak: Soak?
    /// An environment where the same digest must have been deployed successfully.
    var promotedFrom: String?
    /// It may start while one of these is open.
    var windows: Schedule?
    /// It may not start while one of these is open.
    var freeze: Schedule?

    /// People who must say yes to this very digest.
    package struct Approvals: Sendable, Hashable {
        var count: Int
        /// Milliseconds from the deployment's beginning; then it is cancelled.
        var deadline: Int64?
        /// Who may; anybody where nil.
        var from: [String]?
    }

    /// A scan report that must be there and be good enough.
    struct Scan: Sendable, Hashable {
        /// The worst finding there may be. What has no severity may be anything, and so counts as worse.
        var maxSeverity: Severity?
        /// Findings without a severity do not count for `maxSeverity`.
        var ignoresUnknown = false
        /// How many findings of a severity there may be.
        var maxCounts: [Severity: Int64]
        /// Milliseconds from the deployment's beginning; then it is cancelled. For ever where nil.
        var wait: Int64?
    }

    /// The same digest must have run elsewhere for a time.
    struct Soak: Sendable, Hashable {
        var environment: String
        /// Milliseconds.
        var time: Int64
    }
}

extension Gates {
    private static let keys = ["approvals", "scan", "soak", "promotedFrom", "windows", "freeze", "signature"]

    init(_ trigger: SettingsReader) throws(DeploymentError) {
        guard let reader = try trigger.object("gates", keys: Self.keys) else { return }
        guard reader.value("signature") == nil else {
            throw reader.failure(
                "signature", "is reserved: this version cannot check signatures, and a gate that checks nothing must not seem to")
        }
        approvals = try Approvals(reader)
        scan = try Scan(reader)
        if let inner = try reader.object("soak", keys: ["environment", "time"]) {
            guard let time = try inner.span("time") else { throw inner.failure("time", "is required") }
            soak = Soak(environment: try Self.environment(inner, "environment", of: trigger), time: time)
        }
        if reader.value("promotedFrom") != nil {
            promotedFrom = try Self.environment(reader, "promotedFrom", of: trigger)
        }
        windows = try Self.schedule(reader, "windows")
        freeze = try Self.schedule(reader, "freeze")
    }

    /// The name of another environment: waiting for oneself would never end.
    private static func environment(
        _ reader: SettingsReader, _ key: String, of trigger: SettingsReader
    ) throws(DeploymentError) -> String {
        let name = try reader.required(key)
        guard Trigger.isName(name) else { throw reader.failure(key, "must be the name of an environment") }
        guard try name != trigger.string("environment") else {
            throw reader.failure(key, "must be another environment than the trigger's own")
        }
        return name
    }

    private static func schedule(_ reader: SettingsReader, _ key: String) throws(DeploymentError) -> Schedule? {
        guard let value = reader.value(key) else { return nil }
        if value.array?.isEmpty == true { throw reader.failure(key, "must not be empty: leave it out") }
        return try Trigger.prefixing(reader.place(of: key)) { () throws(DeploymentError) in try Schedule(value) }
    }
}

extension Gates.Approvals {
    fileprivate init?(_ gates: SettingsReader) throws(DeploymentError) {
        guard let reader = try gates.object("approvals", keys: ["count", "deadline", "from"]) else { return nil }
        from = nil
        if let names = try reader.array("from", limit: 100) {
            guard !names.isEmpty else { throw reader.failure("from", "must not be empty: leave it out for anybody") }
            var list: [String] = []
            for name in names {
                guard let name = name.string, !name.isEmpty, name.utf8.count <= 256, !list.contains(name) else {
                    throw reader.failure("from", "must be a list of different names")
                }
                list.append(name)
            }
            from = list
        }
        count = try reader.int("count", in: 1...100) ?? 1
        if let from, count > from.count { throw reader.failure("count", "is more than \"from\" has names") }
        deadline = try reader.span("deadline", from: 1000)
    }
}

extension Gates.Scan {
    fileprivate init?(_ gates: SettingsReader) throws(DeploymentError) {
        guard let reader = try gates.object("scan", keys: ["maxSeverity", "ignoreUnknown", "maxCounts", "wait"]) else { return nil }
        let severities = Severity.allCases.map(\.rawValue)
        let rated = severities.filter { $0 != Severity.unknown.rawValue }
        let limit = try reader.choice("maxSeverity", of: ["none"] + rated)
        maxSeverity = limit.flatMap { Severity(rawValue: $0) }
        maxCounts = [:]
        ignoresUnknown = try reader.bool("ignoreUnknown") ?? false
        if ignoresUnknown, limit == nil { throw reader.failure("ignoreUnknown", "is about \"maxSeverity\", which is not there") }
        if limit == "none" {
            for severity in Severity.allCases where severity != .unknown { maxCounts[severity] = 0 }
        }
        if let counts = try reader.object("maxCounts", keys: severities) {
            guard !counts.object.isEmpty else { throw counts.failure("must name a severity such as \"critical\"") }
            for severity in Severity.allCases {
                guard let count = try counts.int(severity.rawValue, in: 0...1_000_000_000) else { continue }
                maxCounts[severity] = min(maxCounts[severity] ?? .max, Int64(count))
            }
        }
        if ignoresUnknown, maxCounts[.unknown] != nil {
            throw reader.failure("ignoreUnknown", "contradicts \"maxCounts\", which limits findings of unknown severity")
        }
        // They may be of any severity, and a gate that cannot tell stays shut.
        if let limit, limit != Severity.critical.rawValue, !ignoresUnknown, maxCounts[.unknown] == nil { maxCounts[.unknown] = 0 }
        guard maxSeverity != nil || !maxCounts.isEmpty else {
            throw reader.failure("must have \"maxSeverity\", such as \"high\", or \"maxCounts\", such as {\"critical\": 0}")
        }
        wait = try reader.span("wait", from: 1000)
    }

    /// Why a report is not good enough; nil where it is.
    func objection(to counts: SeverityCounts) -> String? {
        if let maxSeverity, let worst = counts.worst, worst > maxSeverity {
            return "\(counts[worst]) \(worst.rawValue), and at most \(maxSeverity.rawValue) is allowed"
        }
        for severity in Severity.allCases.reversed() {
            guard let most = maxCounts[severity], counts[severity] > most else { continue }
            let what = severity == .unknown ? "of unknown severity, which count as the worst (ignoreUnknown lets them pass)" : severity.rawValue
            return "\(counts[severity]) \(what), and \(most) are allowed"
        }
        return nil
    }
}

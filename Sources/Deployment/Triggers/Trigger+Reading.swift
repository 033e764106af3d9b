import EventPattern
package import JSON

extension Trigger {
    package static let keys = [
        "name", "environment", "pattern", "policy", "gates", "target", "concurrency", "debounce", "timeout", "retry",
        "onFailure", "onInterrupted", "allowDowngrade",
    ]

    /// Reads a trigger as the API and the config file have it.
    /// - Parameters:
    ///   - name: where it is known from elsewhere, such as a path; else it must be among the members.
    ///   - pointer: where `json` stands in what the caller was given, for errors.
    package init(_ json: JSONValue, name given: String? = nil, at pointer: String = "") throws(DeploymentError) {
        let reader = try SettingsReader(json, at: pointer, keys: Self.keys)
        guard let name = try reader.string("name") ?? given else { throw reader.failure("name", "is required") }
        guard Self.isName(name) else { throw reader.failure("name", Self.nameRule) }
        if let given, given != name { throw reader.failure("name", "must be \"\(given)\", the name in the path") }
        self.name = name
        environment = try reader.required("environment")
        guard Self.isName(environment) else { throw reader.failure("environment", Self.nameRule) }
        pattern = try Self.pattern(reader)
        policy = try Self.prefixing(reader.place(of: "policy")) { () throws(DeploymentError) in
            try ImagePolicy(reader.value("policy") ?? Self.newest)
        }
        contradictions = Self.contradictions(pattern, policy)
        gates = try Gates(reader)
        guard let target = reader.value("target") else { throw reader.failure("target", "is required") }
        self.target = try TargetSpec(target, pointer: reader.place(of: "target"))
        concurrency = try Self.concurrency(reader)
        debounce = try Self.debounce(reader)
        timeout = try reader.span("timeout", from: 1000) ?? 600_000
        retry = try Self.retry(reader)
        rollsBack = try reader.choice("onFailure", of: ["none", "rollback"]) == "rollback"
        retriesInterrupted = try reader.choice("onInterrupted", of: ["retry", "fail"]) != "fail"
        allowsDowngrade = try reader.bool("allowDowngrade") ?? false
        var definition = reader.object
        definition["name"] = nil
        self.definition = definition
        fingerprint = JSONValue.object(definition).fingerprint
    }

    private static let nameRule = "must be 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit"

    private static let newest: JSONValue = {
        var policy = JSONObject()
        policy["newest"] = .bool(true)
        return .object(policy)
    }()

    private static let everyPush = #"{"type":["io.signalbox.image.pushed"]}"#

    private static func pattern(_ reader: SettingsReader) throws(DeploymentError) -> Pattern {
        do throws(PatternError) {
            guard let value = reader.value("pattern") else { return try Pattern.parse(everyPush) }
            return try Pattern.parse(value.encoded, refusingDuplicates: true)
        } catch {
            let place = reader.place(of: "pattern") + error.pointer
            throw DeploymentError(.invalid, "\"\(place.dropFirst())\" \(error.reason)", pointer: place)
        }
    }

    private static func concurrency(_ reader: SettingsReader) throws(DeploymentError) -> Concurrency {
        guard let value = reader.value("concurrency") else { return .latest }
        if value.object != nil, let inner = try reader.object("concurrency", keys: ["parallel"]),
            let count = try inner.int("parallel", in: 1...1000)
        {
            return .parallel(count)
        }
        switch value.string {
        case "queue": return .queue
        case "latest": return .latest
        default: throw reader.failure("concurrency", "must be \"latest\", \"queue\" or {\"parallel\": N}")
        }
    }

    private static func debounce(_ reader: SettingsReader) throws(DeploymentError) -> Debounce? {
        guard let value = reader.value("debounce") else { return nil }
        if value.object == nil {
            let quiet = try reader.span("debounce") ?? 0
            return quiet == 0 ? nil : Debounce(quiet: quiet, cap: min(quiet * 10, TimeSpan.limit))
        }
        guard let inner = try reader.object("debounce", keys: ["quiet", "cap"]) else { return nil }
        guard let quiet = try inner.span("quiet") else { throw inner.failure("quiet", "is required") }
        let cap = try inner.span("cap") ?? min(quiet * 10, TimeSpan.limit)
        guard cap >= quiet else { throw inner.failure("cap", "must not be less than \"quiet\"") }
        return quiet == 0 ? nil : Debounce(quiet: quiet, cap: cap)
    }

    private static func retry(_ reader: SettingsReader) throws(DeploymentError) -> Retry {
        var retry = Retry()
        guard let inner = try reader.object("retry", keys: ["attempts", "delay"]) else { return retry }
        retry.attempts = try inner.int("attempts", in: 1...20) ?? retry.attempts
        retry.delay = try inner.span("delay") ?? retry.delay
        return retry
    }

    /// Errors of parts that do not know where they stand.
    static func prefixing<T>(
        _ pointer: String, _ body: () throws(DeploymentError) -> T
    ) throws(DeploymentError) -> T {
        do throws(DeploymentError) {
            return try body()
        } catch {
            throw DeploymentError(error.code, error.message, pointer: pointer + (error.pointer ?? ""))
        }
    }
}

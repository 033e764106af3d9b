import EventPattern
import JSON

extension Trigger {
    package static let keys = [
        "name", "environment", "pattern", "policy", "gates", "target", "concurrency", "debounce", "timeout", "retry",
        "onFailure", "onInterrupted", "allowDowngrade",
    ]

    static let nameRule = "must be 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit"

    static let newest: JSONValue = {
        var policy = JSONObject()
        policy["newest"] = .bool(true)
        return .object(policy)
    }()

    private static let everyPush = #"{"type":["io.signalbox.image.pushed"]}"#

    static func pattern(_ reader: SettingsReader) throws(DeploymentError) -> Pattern {
        do throws(PatternError) {
            guard let value = reader.value("pattern") else { return try Pattern.parse(everyPush) }
            return try Pattern.parse(value.encoded, refusingDuplicates: true)
        } catch {
            let place = reader.place(of: "pattern") + error.pointer
            throw DeploymentError(.invalid, "\"\(place.dropFirst())\" \(error.reason)", pointer: place)
        }
    }

    static func concurrency(_ reader: SettingsReader) throws(DeploymentError) -> Concurrency {
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

    static func debounce(_ reader: SettingsReader) throws(DeploymentError) -> Debounce? {
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

    static func retry(_ reader: SettingsReader) throws(DeploymentError) -> Retry {
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

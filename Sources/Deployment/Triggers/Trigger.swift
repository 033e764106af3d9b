package import EventPattern
package import JSON

/// A rule that turns a pushed image into a deployment, checked.
///
/// A class, though it never changes: each decision hands one on for every deployment that waits, and a copy would be of twenty fields.
package final class Trigger: Sendable {
    package let name: String
    package let environment: String
    package let pattern: Pattern
    package let policy: ImagePolicy
    package let gates: Gates
    package let target: TargetSpec
    package let concurrency: Concurrency
    /// Nil where every event counts at once.
    let debounce: Debounce?
    /// Milliseconds that one run may take.
    let timeout: Int64
    let retry: Retry
    /// `onFailure: "rollback"`.
    let rollsBack: Bool
    /// `onInterrupted: "retry"`.
    let retriesInterrupted: Bool
    let allowsDowngrade: Bool
    /// Why it means no image that could ever be pushed.
    let contradictions: [String]
    /// As it was written, without the name.
    package let definition: JSONObject
    /// Of the definition: an approval is for this, and not for what the trigger becomes later.
    package let fingerprint: String

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

    /// How many deployments of its environment may run at once, and what becomes of those that wait.
    package enum Concurrency: Sendable, Hashable {
        /// One runs, the others wait, each for its turn.
        case queue
        /// One runs, one waits; a newer one takes its place when it has passed its own gates.
        case latest
        case parallel(Int)

        var limit: Int {
            switch self {
            case .queue, .latest: 1
            case .parallel(let count): count
            }
        }

        var text: String {
            switch self {
            case .queue: "queue"
            case .latest: "latest"
            case .parallel(let count): "parallel \(count)"
            }
        }
    }

    /// Events that follow each other closely are one deployment.
    struct Debounce: Sendable, Hashable {
        /// Milliseconds without another event.
        var quiet: Int64
        /// Milliseconds after the first event, however many follow.
        var cap: Int64
    }

    /// What happens after a failure that may pass.
    struct Retry: Sendable, Hashable {
        /// Runs in all, the first one included.
        var attempts = 1
        /// Milliseconds before the second run; doubled before each further one.
        var delay: Int64 = 30_000

        static let longestDelay: Int64 = 3_600_000

        /// After `attempt` failed.
        func delay(after attempt: Int) -> Int64 {
            var delay = delay
            for _ in 1..<max(1, min(attempt, 32)) where delay < Self.longestDelay { delay *= 2 }
            return min(delay, max(self.delay, Self.longestDelay))
        }
    }

    /// Names of triggers and environments stand in paths and in events' subjects.
    static func isName(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, isLetterOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }
}

import JSON

/// A trigger as it was at one time, shared by all that was started with it then. What was begun in an environment is ended
/// there with the same target and the same answers to a failure, whatever becomes of the trigger meanwhile.
package final class RunSettings: Sendable, Hashable {
    package let trigger: Trigger

    init(_ trigger: Trigger) {
        self.trigger = trigger
    }

    /// Nil for a definition that this version cannot read.
    convenience init?(_ definition: JSONObject, name: String) {
        guard let trigger = try? Trigger(.object(definition), name: name) else { return nil }
        self.init(trigger)
    }

    struct Key: Hashable {
        let name: String
        let fingerprint: String
    }

    var key: Key { Key(name: trigger.name, fingerprint: trigger.fingerprint) }

    package static func == (one: RunSettings, other: RunSettings) -> Bool { one === other || one.key == other.key }
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

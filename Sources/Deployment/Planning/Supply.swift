/// Which environments images can come to: some trigger deploys there that waits for no other environment, or only for such.
struct Supply {
    private let supplied: Set<String>
    private let deployedTo: Set<String>

    init(_ triggers: some Sequence<Trigger>) {
        var supplied: Set<String> = []
        var deployedTo: Set<String> = []
        // Triggers by one of the environments that they still wait for.
        var waiting: [String: [Trigger]] = [:]
        var open = Array(triggers)
        while let trigger = open.popLast() {
            deployedTo.insert(trigger.environment)
            if let missing = trigger.sources.first(where: { !supplied.contains($0) }) {
                waiting[missing, default: []].append(trigger)
            } else if supplied.insert(trigger.environment).inserted {
                open += waiting.removeValue(forKey: trigger.environment) ?? []
            }
        }
        self.supplied = supplied
        self.deployedTo = deployedTo
    }

    /// Why the gates of a trigger that wait for another environment wait for good; nil where they do not.
    func problem(of trigger: Trigger) -> String? {
        guard let missing = trigger.sources.first(where: { !supplied.contains($0) }) else { return nil }
        let gate = trigger.gates.promotedFrom == missing ? "promotedFrom" : "soak"
        return deployedTo.contains(missing)
            ? "gates.\(gate) waits for \(missing), and all triggers that deploy there wait for other environments in turn: no image comes to any of them, unless by retry or rollback"
            : "gates.\(gate) waits for \(missing), and no trigger deploys there"
    }
}

extension Trigger {
    /// The environments in which its images must have gone well before.
    var sources: [String] { [gates.promotedFrom, gates.soak?.environment].compactMap(\.self) }
}

import Events
import OCI

package enum GuardOutcome: Sendable, Equatable {
    case created
    case updated
    /// It was just so already.
    case unchanged
}

/// Decides the making, changing and removal of guards. Pure.
struct GuardDecision {
    let state: RegistryState
    let configured: [Guard]

    /// Every push asks them all.
    static let maximumGuards = 1000

    func put(_ settings: GuardSettings) -> Decision<GuardOutcome> {
        if let refusal = configuredRefusal(settings.name) { return .refuse(refusal) }
        guard let old = state.guards[settings.name] else {
            guard state.guards.count < Self.maximumGuards else {
                return .refuse(RegistryError(.conflict, .unsupported, "there are \(Self.maximumGuards) guards already"))
            }
            return .commit([Change(.guardCreated(settings))], .created)
        }
        if old.settings == settings { return .commit([], .unchanged) }
        return .commit([Change(.guardUpdated(settings, previous: old.settings))], .updated)
    }

    func delete(_ name: String) -> Decision<Void> {
        if let refusal = configuredRefusal(name) { return .refuse(refusal) }
        guard let old = state.guards[name] else {
            return .refuse(RegistryError(.notFound, .unsupported, "there is no guard \(name)"))
        }
        return .commit([Change(.guardDeleted(old.settings))], ())
    }

    private func configuredRefusal(_ name: String) -> RegistryError? {
        guard configured.contains(where: { $0.settings.name == name }) else { return nil }
        return RegistryError(.conflict, .unsupported, "guard \(name) comes from the config file; change it there")
    }
}

import Events
package import OCI

/// What is replaced as one in an environment: what some triggers deploy of one repository, and all that others deploy there with
/// the same targets. Two services of one repository go on, and back, each by itself.
package struct Service: Sendable, Hashable {
    package let environment: String
    package let repository: RepositoryName
    package private(set) var triggers: Set<String>
    /// The fingerprints of their targets, as far as they are known.
    private(set) var targets: Set<String>

    init(_ place: Place, triggers: Set<String>, targets: Set<String>) {
        environment = place.environment
        repository = place.repository
        self.triggers = triggers
        self.targets = targets
    }

    /// What one trigger deploys with one target; nil where that is not known.
    init(_ place: Place, _ trigger: String, _ target: String?) {
        self.init(place, triggers: [trigger], targets: target.map { [$0] } ?? [])
    }

    init(_ environment: String, _ pinned: PinnedService) {
        self.init(
            Place(environment: environment, repository: pinned.repository), triggers: Set(pinned.triggers), targets: Set(pinned.targets))
    }

    var place: Place { Place(environment: environment, repository: repository) }
    /// For the log.
    var pinned: PinnedService {
        PinnedService(repository: repository, triggers: triggers.sorted(), targets: targets.sorted())
    }

    /// For people: `team/app by web and api`.
    var text: String { "\(repository) by \(triggers.sorted().joined(separator: " and "))" }

    /// Whether something that a trigger deploys to its place, with a target, is part of it.
    func has(_ trigger: String, _ target: String?) -> Bool {
        triggers.contains(trigger) || target.map(targets.contains) ?? false
    }

    /// The same, but what others deployed with the same target is part of what a trigger deploys only where its policy means it.
    /// - Parameter own: nil for all that is part of the service.
    func has(_ trigger: String, _ target: String?, _ version: ImageVersion, for own: Trigger?) -> Bool {
        guard has(trigger, target) else { return false }
        guard let own, own.name != trigger else { return true }
        return version.tag.map { own.policy.admits($0).isYes } ?? false
    }

    func overlaps(_ other: Service) -> Bool {
        place == other.place && !(triggers.isDisjoint(with: other.triggers) && targets.isDisjoint(with: other.targets))
    }

    mutating func formUnion(_ other: Service) {
        triggers.formUnion(other.triggers)
        targets.formUnion(other.targets)
    }
}

import Events
import OCI

/// All guards, and the one question to them. Pure: the answer depends on nothing but the arguments.
struct GuardSet: Sendable {
    /// Those of the config file.
    let configured: [Guard]
    let made: SortedMap<String, Guard>

    struct Refusal: Equatable {
        let reason: TagRejection.Reason
        /// The name of the guard.
        let rule: String
    }

    /// The first guard that protects the tag or cannot decide, the config file's first.
    func refusal(_ protection: Protection, _ repository: RepositoryName, _ tag: Tag) -> Refusal? {
        var refusal: Refusal?
        visit { rule in
            switch rule.answer(protection, repository, tag) {
            case .notProtected: return true
            case .protected: refusal = Refusal(reason: .tagImmutable, rule: rule.settings.name)
            case .undecided: refusal = Refusal(reason: .guardUndecided, rule: rule.settings.name)
            }
            return false
        }
        return refusal
    }

    /// The first guard that may protect some tag of the repository.
    func concerned(_ protection: Protection, _ repository: RepositoryName) -> Guard? {
        var found: Guard?
        visit { rule in
            guard rule.concerns(protection, repository) else { return true }
            found = rule
            return false
        }
        return found
    }

    private func visit(_ body: (Guard) -> Bool) {
        for rule in configured { guard body(rule) else { return } }
        made.visitValues(body)
    }
}

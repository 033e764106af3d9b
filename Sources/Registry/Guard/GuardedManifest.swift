import Events
import OCI

/// Decides whether a manifest may be deleted: not where a protected tag points to it, nor where one points to an index
/// that holds it, however deep. The tag would stay and what it means would be gone.
struct GuardedManifest {
    let guards: GuardSet
    let name: RepositoryName
    let repository: RepositoryState

    /// Tags and indexes that are looked at. Beyond that the guard cannot decide, and the critical section must go on.
    static let maximumSteps = 20_000

    struct Refusal: Equatable {
        let refusal: GuardSet.Refusal
        /// The protected tag and what it points to; `nil` where the search had no end.
        let tag: Tag?
        let digest: Digest?
    }

    func refusal(toDelete digest: Digest) -> Refusal? {
        guard let concerned = guards.concerned(.delete, name) else { return nil }
        var steps = 0
        var seen: Set<Digest> = [digest]
        var open = [digest]
        while let manifest = open.popLast() {
            var refusal: Refusal?
            repository.tagged.visit(manifest) { tag in
                steps += 1
                guard steps <= Self.maximumSteps else { return false }
                refusal = guards.refusal(.delete, name, tag).map { Refusal(refusal: $0, tag: tag, digest: manifest) }
                return refusal == nil
            }
            if let refusal { return refusal }
            repository.parents.visit(manifest) { parent in
                steps += 1
                if seen.insert(parent).inserted { open.append(parent) }
                return steps <= Self.maximumSteps
            }
            guard steps <= Self.maximumSteps else {
                let undecided = GuardSet.Refusal(reason: .guardUndecided, rule: concerned.settings.name)
                return Refusal(refusal: undecided, tag: nil, digest: nil)
            }
        }
        return nil
    }
}

import Events
import OCI

/// A guard with its patterns compiled.
struct Guard: Equatable, Sendable {
    let settings: GuardSettings
    /// `nil` where a pattern cannot be compiled, as may be with one that an older version accepted. Such a guard cannot decide.
    private let patterns: Patterns?

    private struct Patterns: Sendable {
        let repositories: [Glob]
        let tags: [Glob]
        let except: [Glob]
    }

    enum Answer: Equatable {
        case notProtected
        case protected
        /// Counts as protected.
        case undecided
    }

    init(_ settings: GuardSettings) {
        self.settings = settings
        patterns = try? Patterns(
            repositories: settings.repositories.map { try Glob($0) }, tags: settings.tags.map { try Glob($0) },
            except: settings.except.map { try Glob($0) })
    }

    static func == (left: Guard, right: Guard) -> Bool { left.settings == right.settings }

    func answer(_ protection: Protection, _ repository: RepositoryName, _ tag: Tag) -> Answer {
        guard settings.protect.contains(protection) else { return .notProtected }
        guard let patterns else { return .undecided }
        let matches =
            patterns.repositories.contains { $0.matches(repository.text) }
            && patterns.tags.contains { $0.matches(tag.text) } && !patterns.except.contains { $0.matches(tag.text) }
        return matches ? .protected : .notProtected
    }

    /// True where it may protect some tag of the repository.
    func concerns(_ protection: Protection, _ repository: RepositoryName) -> Bool {
        guard settings.protect.contains(protection) else { return false }
        guard let patterns else { return true }
        return patterns.repositories.contains { $0.matches(repository.text) }
    }
}

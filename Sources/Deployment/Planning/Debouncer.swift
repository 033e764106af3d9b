import OCI

/// Makes events that follow each other closely one. Windows go by the times of the records, so that reading the same
/// records again makes the same windows.
struct Debouncer: Sendable {
    private struct Key: Hashable {
        let trigger: String
        let repository: RepositoryName
    }

    private struct Window {
        let firstSequence: UInt64
        let firstTime: Int64
        /// The fingerprint of the trigger that opened it.
        let definition: String
        var candidate: Candidate
        var end: Int64
    }

    private var windows: [Key: Window] = [:]

    /// More windows than this are not kept open: the oldest ends.
    static let limit = 10_000

    /// Takes a candidate in; answers those whose time is over because of it.
    mutating func add(_ candidate: Candidate, _ trigger: Trigger) -> [Candidate] {
        guard let debounce = trigger.debounce else { return [candidate] }
        let key = Key(trigger: candidate.trigger, repository: candidate.repository)
        var done: [Candidate] = []
        if let window = windows[key], candidate.time >= window.end {
            done.append(window.candidate)
            windows[key] = nil
        }
        if var window = windows[key] {
            // The newest counts; where the policy says nothing of the two, the later one.
            if trigger.allowsDowngrade || trigger.policy.isNewer(candidate.version, than: window.candidate.version).isYes {
                window.candidate = candidate
            }
            window.end = min(candidate.time + debounce.quiet, window.firstTime + debounce.cap)
            windows[key] = window
        } else {
            windows[key] = Window(
                firstSequence: candidate.sequence, firstTime: candidate.time, definition: trigger.fingerprint, candidate: candidate,
                end: candidate.time + debounce.quiet)
            if windows.count > Self.limit, let oldest = windows.min(by: { $0.value.firstSequence < $1.value.firstSequence }) {
                done.append(oldest.value.candidate)
                windows[oldest.key] = nil
            }
        }
        return done
    }

    /// Those whose time is over; call it when all records up to now were added.
    mutating func take(due now: Int64) -> [Candidate] {
        let done = windows.filter { $0.value.end <= now }
        for key in done.keys { windows[key] = nil }
        return done.values.map(\.candidate).sorted { $0.sequence < $1.sequence }
    }

    /// Whether a trigger has changed since it opened a window, which is of what the trigger meant then.
    /// - Parameter definition: the fingerprint of a trigger as it is now; nil where it is no more.
    func isStale(_ definition: (String) -> String?) -> Bool {
        windows.contains { definition($0.key.trigger) != $0.value.definition }
    }

    /// When the next one ends.
    var nextEnd: Int64? { windows.values.map(\.end).min() }

    /// The oldest record that is needed again if the hub ends now.
    var oldest: UInt64? { windows.values.map(\.firstSequence).min() }
}

import OCI

/// Makes events that follow each other closely one. Which of them that is, is decided at the end: what is refused then, as it is
/// pinned or older than what the environment runs, must not have displaced what is not. Windows go by the times of the records, so that reading the same
/// records again makes the same windows.
struct Debouncer: Sendable {
    /// Whose events wait together.
    struct Key: Hashable, Sendable {
        let trigger: String
        let repository: RepositoryName
    }

    private struct Window {
        let firstSequence: UInt64
        let firstTime: Int64
        /// The fingerprint of the trigger that opened it.
        let definition: String
        /// The newest first: the others are there in case that it is not to be deployed.
        var candidates: [Candidate]
        var end: Int64

        /// Of so many the oldest by the policy is let go.
        private static let limit = 256

        mutating func add(_ candidate: Candidate, _ trigger: Trigger) {
            // Where older images may go over newer ones, the later one counts.
            let place = candidates.firstIndex { other in
                trigger.allowsDowngrade || trigger.policy.isNewer(candidate.version, than: other.version).isYes
            }
            candidates.insert(candidate, at: place ?? candidates.count)
            if candidates.count > Self.limit { candidates.removeLast() }
        }
    }

    private var windows: [Key: Window] = [:]
    /// Candidates in all windows.
    private var count = 0

    /// More candidates than this are not kept: the oldest window ends.
    static let limit = 10_000

    /// Takes a candidate in; answers those whose time is over because of it: of each window, the newest first. One of them is
    /// to be deployed, the first that is not refused.
    mutating func add(_ candidate: Candidate, _ trigger: Trigger) -> [[Candidate]] {
        guard let debounce = trigger.debounce else { return [[candidate]] }
        let key = candidate.debounceKey
        var done: [[Candidate]] = []
        if let window = windows[key], candidate.time >= window.end { done.append(close(key, window)) }
        // Taken out while it is changed, or its list would be copied each time.
        if var window = windows.removeValue(forKey: key) {
            count -= window.candidates.count
            window.add(candidate, trigger)
            window.end = min(candidate.time + debounce.quiet, window.firstTime + debounce.cap)
            count += window.candidates.count
            windows[key] = window
        } else {
            windows[key] = Window(
                firstSequence: candidate.sequence, firstTime: candidate.time, definition: trigger.fingerprint, candidates: [candidate],
                end: candidate.time + debounce.quiet)
            count += 1
        }
        while count > Self.limit, let oldest = windows.min(by: { $0.value.firstSequence < $1.value.firstSequence }) {
            done.append(close(oldest.key, oldest.value))
        }
        return done
    }

    private mutating func close(_ key: Key, _ window: Window) -> [Candidate] {
        windows[key] = nil
        count -= window.candidates.count
        return window.candidates
    }

    /// Those whose time is over, as `add` answers them; call it when all records up to now were added.
    mutating func take(due now: Int64) -> [[Candidate]] {
        let done = windows.filter { $0.value.end <= now }.sorted { $0.value.firstSequence < $1.value.firstSequence }
        return done.map { close($0.key, $0.value) }
    }

    /// Gives up the windows that a trigger opened which has changed since, as they are of what it meant then; answers the first
    /// record of each.
    /// - Parameter definition: the fingerprint of a trigger as it is now; nil where it is no more.
    mutating func giveUpStale(_ definition: (String) -> String?) -> [Key: UInt64] {
        let stale = windows.filter { definition($0.key.trigger) != $0.value.definition }
        for (key, window) in stale { _ = close(key, window) }
        return stale.mapValues(\.firstSequence)
    }

    /// Leaves out an image that is no more.
    mutating func forget(_ digest: Digest, in repository: RepositoryName) {
        for (key, var window) in windows where key.repository == repository {
            let all = window.candidates.count
            window.candidates.removeAll { $0.version.digest == digest }
            count -= all - window.candidates.count
            windows[key] = window.candidates.isEmpty ? nil : window
        }
    }

    /// When the next one ends.
    var nextEnd: Int64? { windows.values.map(\.end).min() }

    /// The windows that are open, with the first record of each: it is needed again if the hub ends now.
    var open: [Key: UInt64] { windows.mapValues(\.firstSequence) }
}

extension Candidate {
    var debounceKey: Debouncer.Key { Debouncer.Key(trigger: trigger, repository: repository) }
}

import EventLog

/// Where the reading of the log for all triggers is, and what of it waits in debounces.
///
/// What a debounce holds is read again after a start, and when its trigger changes. That must not decide again what others have
/// decided meanwhile: a refusal leaves no record, and its reason may be gone. So records that were passed before are for
/// those debounces alone.
struct LogPlace {
    var cursor: EventLog.Cursor
    var debouncer = Debouncer()
    /// Something was refused since the progress was saved.
    var hasRefused = false
    /// All up to here was decided.
    private var decided: UInt64
    /// For whom records up to `decided` are read again, and from which on.
    private var again: [Debouncer.Key: UInt64]

    init(_ progress: Progress) {
        cursor = EventLog.Cursor(after: progress.passed)
        decided = progress.decided
        again = progress.open
    }

    /// Whether it was not decided yet.
    func isUndecided(_ candidate: Candidate) -> Bool {
        guard candidate.sequence <= decided else { return true }
        return again[candidate.debounceKey].map { $0 <= candidate.sequence } ?? false
    }

    mutating func pass(_ next: EventLog.Cursor) {
        cursor = next
        decided = max(decided, next.sequence)
        if next.sequence >= decided { again = [:] }
    }

    /// Goes back to what the debounces of changed triggers hold.
    mutating func readAgain(_ definition: (String) -> String?) {
        let stale = debouncer.giveUpStale(definition)
        guard let first = stale.values.min() else { return }
        // What others had still to read again is ahead of here; what they have is in their debounces.
        again = again.mapValues { max($0, cursor.sequence + 1) }.merging(stale) { $1 }
        // Never forwards: what others have still to read again may lie before it.
        if first <= cursor.sequence { cursor = EventLog.Cursor(after: first - 1) }
    }

    var progress: Progress {
        // Of those that are read again and have no window yet, all up to the cursor is decided.
        let waiting = again.mapValues { max($0, cursor.sequence + 1) }.filter { $0.value <= decided }
        return Progress(decided: decided, open: waiting.merging(debouncer.open) { $1 })
    }
}

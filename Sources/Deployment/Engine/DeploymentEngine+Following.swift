import EventLog
import EventPattern
import Events
import IO
import Synchronization

extension DeploymentEngine {
    private static let pushed = EventType.imagePushed.rawValue
    private static let scanned = EventType.imageScanned.rawValue
    private static let deleted = EventType.imageDeleted.rawValue

    /// Reads the log for all triggers until it is cancelled. Triggers act on pushed images alone, so that no chain of
    /// deployments can feed itself. Each image is for the triggers as they were when it was pushed, however far behind the
    /// reading is: which images are meant follows from the log alone.
    func follow() async {
        var place = LogPlace(shared.withLock { $0.progress })
        // Kept: a new one costs as much as there are triggers, and there is a batch for each push.
        var session = patterns.makeSession()
        while !Task.isCancelled {
            do {
                try await followBatch(&place, &session)
            } catch is CancellationError {
                return
            } catch {
                Diagnostics.warning("triggers cannot go on reading the log: \(error); trying again in 5 s")
                try? await Task.sleep(for: .seconds(5))
                // From what was saved: what was not done then is done again.
                place = LogPlace(shared.withLock { $0.progress })
            }
        }
    }

    private func followBatch(_ place: inout LogPlace, _ session: inout PatternSetSession<PatternKey>) async throws {
        refresh(&place)
        guard log.durableSequence > place.cursor.sequence else {
            for candidates in place.debouncer.take(due: Wall.milliseconds) { try await admit(candidates, &place) }
            try await save(&place)
            return try await wait(place)
        }
        let (batch, next) = try await read(after: place.cursor, &session)
        for (record, names) in batch {
            try Task.checkCancellation()
            try await take(record, names, &place)
        }
        place.pass(next)
        shared.withLock { $0.scans.pass(next.sequence) }
        if log.durableSequence > next.sequence { try await save(&place) }
    }

    /// After a change of a trigger whose debounce is open, what that debounce holds is read again, as after a start.
    private func refresh(_ place: inout LogPlace) {
        guard place.debouncer.nextEnd != nil else { return }
        let situation = shared.withLock { shared in self.situation(shared) }
        place.readAgain { situation.trigger($0)?.fingerprint }
    }

    /// Until there is another record, or a debounce ends.
    private func wait(_ place: LogPlace) async throws {
        let (log, position) = (log, place.cursor.sequence)
        guard let end = place.debouncer.nextEnd else {
            _ = try await log.wait(after: position)
            return
        }
        let length = min(max(1, end - Wall.milliseconds), 60_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await log.wait(after: position) }
            group.addTask { try await Task.sleep(for: .milliseconds(length)) }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Without a record of it, what was refused is known by the progress alone.
    private func save(_ place: inout LogPlace) async throws {
        let (progress, last) = (place.progress, shared.withLock { $0.progress })
        forgetPatterns(before: progress.passed)
        guard progress != last || place.hasRefused else { return }
        let isWhole = place.hasRefused || !progress.open.isEmpty || !last.open.isEmpty
        let files = progressFiles
        try await pool.run { () throws(IOError) in try files.save(progress, isWhole: isWhole) }
        place.hasRefused = false
        shared.withLock { $0.progress = progress }
    }

    /// Patterns that no record after `position` needs.
    private func forgetPatterns(before position: UInt64) {
        let retired = shared.withLock { shared in
            let retired = shared.retired.filter { $0.until <= position }
            shared.retired.removeAll { $0.until <= position }
            return retired
        }
        patterns.update(Dictionary(retired.map { ($0.key, nil) }) { first, _ in first })
    }

    /// The next records that are of interest, with the triggers whose pattern they match, or did at some time.
    private func read(
        after cursor: EventLog.Cursor, _ session: inout PatternSetSession<PatternKey>
    ) async throws(LogError) -> ([(Record, [PatternKey])], EventLog.Cursor) {
        let log = log
        let (records, next) = try await pool.run { () throws(LogError) in
            var cursor = cursor
            let records = try log.read(&cursor, limit: 256, maxBytes: 1 << 20)
            return (records, cursor)
        }
        var batch: [(Record, [PatternKey])] = []
        for record in records where record.kind != .lost {
            do {
                switch try EventHeader.type(scanning: record.body) {
                case Self.pushed:
                    // The session is as new as its last event: it knows every trigger that is older than this record.
                    let names = try session.match(record.body)
                    if !names.isEmpty { batch.append((record, names.sorted { $0.name < $1.name })) }
                case Self.scanned, Self.deleted: batch.append((record, []))
                default: break
                }
            } catch {
                Diagnostics.warning("triggers pass over record \(record.sequence), which cannot be read: \(error)")
            }
        }
        return (batch, next)
    }

    private func take(_ record: Record, _ names: [PatternKey], _ place: inout LogPlace) async throws {
        guard !names.isEmpty else { return try await takeOther(record, &place) }
        let event = try Event(decoding: record.body)
        guard case .imagePushed(let change) = event.payload else { return }
        for key in names {
            let name = key.name
            let candidate = Candidate(
                change, trigger: name, sequence: record.sequence, time: record.time, actor: event.context.actor.name)
            let situation = shared.withLock { shared in self.situation(shared) }
            guard place.isUndecided(candidate) else { continue }
            // The pattern must be the one that the trigger had then. What the trigger does not mean must not put off what it does.
            guard let trigger = situation.trigger(name), situation.takes(name, at: record.sequence),
                let (then, since) = situation.trigger(name, at: record.sequence), since == key.since,
                situation.policy(candidate, then).isYes
            else { continue }
            for done in place.debouncer.add(candidate, trigger) { try await admit(done, &place) }
        }
    }

    /// What is of interest besides pushed images.
    private func takeOther(_ record: Record, _ place: inout LogPlace) async throws {
        guard try EventHeader.type(scanning: record.body) == Self.deleted else {
            return try shared.withLock { shared throws(Events.EventError) in
                try shared.scans.apply(record)
                advance(&shared)
            }
        }
        // Where only a tag was removed, the image is still there.
        guard case .imageDeleted(let change) = try Event(decoding: record.body).payload, change.tag == nil else { return }
        place.debouncer.forget(change.digest, in: change.repository)
        while shared.withLock({ !self.situation($0).withdraw(change.digest, in: change.repository, at: record.sequence).isEmpty }) {
            try await perform(systemContext) { $0.withdraw(change.digest, in: change.repository, at: record.sequence) }
        }
    }

    private func admit(_ candidates: [Candidate], _ place: inout LogPlace) async throws {
        guard shared.withLock({ shared in !self.situation(shared).admit(candidates).isEmpty }) else {
            place.hasRefused = true
            return
        }
        try await perform(systemContext) { situation in situation.admit(candidates) }
    }
}

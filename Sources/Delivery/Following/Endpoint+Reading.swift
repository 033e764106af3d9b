import EventLog
import EventPattern
import IO
import Synchronization

extension Endpoint {
    /// Starts to read on where it pays: nothing of a webhook that may not send, and little of one whose receiver fails.
    func read(_ core: inout EndpointCore) {
        guard let setup = core.setup, !core.isStopped, !core.open.rules.isHeld, !core.open.isFull else { return }
        let isFailing = core.open.circuit.isFailing
        if !core.isLive, core.main.isDue(isFailing: isFailing), !goesLive(&core) { start(\.main, of: core.main, setup, &core) }
        if let track = core.parked.startReading(through: core.main.position, core.open) { start(track, setup, isFailing, &core) }
        // Asked for each delivery, and seldom there.
        if core.replay != nil { readMore(\.replay, setup, isFailing, &core) }
        if core.failed != nil { readMore(\.failed, setup, isFailing, &core) }
    }

    private func readMore(
        _ path: WritableKeyPath<EndpointCore, Track?>, _ setup: EndpointSetup, _ isFailing: Bool, _ core: inout EndpointCore
    ) {
        guard let track = core[keyPath: path] else { return }
        if track.isAtEnd {
            if !core.open.contains(source: track.source) { core[keyPath: path] = nil }
        } else if track.read < track.through, track.isDue(isFailing: isFailing) {
            core[keyPath: path]?.isReading = true
            core[keyPath: path]?.recovered = nil
            start(track, setup, isFailing, &core)
        }
    }

    /// Whether everything that the dispatcher will not offer was read.
    private func goesLive(_ core: inout EndpointCore) -> Bool {
        guard core.main.read >= services.log.durableSequence || core.main.read >= services.feed.claimed else { return false }
        // The dispatcher does not know the webhook yet: it pokes when it does.
        guard services.feed.version >= core.tableVersion else { return true }
        // In this order: what is claimed after this look is offered, which waits for this lock.
        guard core.main.read >= services.feed.claimed else { return false }
        guard !core.open.circuit.isFailing || core.main.queue.isEmpty else { return true }
        core.isLive = true
        return true
    }

    private func start(
        _ path: WritableKeyPath<EndpointCore, Track>, of track: Track, _ setup: EndpointSetup, _ core: inout EndpointCore
    ) {
        core[keyPath: path].isReading = true
        start(track, setup, core.open.circuit.isFailing, &core)
    }

    private func start(_ track: Track, _ setup: EndpointSetup, _ isFailing: Bool, _ core: inout EndpointCore) {
        let reading = Reading(track, setup, webhook: id, isFailing: isFailing, services)
        spawn(&core) { endpoint, worker in await endpoint.read(reading, as: worker) }
    }

    private func read(_ reading: Reading, as worker: UInt64) async {
        let services = services
        let ended: Result<Reading.Chunk, LogError>? = await services.readers.run { [self] in
            // Many may have waited for this turn, and the hub stops.
            if core.withLock({ $0.isStopped }) { return nil }
            do throws(LogError) { return .success(try reading.run(services)) } catch { return .failure(error) }
        }
        guard let result = ended else { return core.withLock { $0.workers[worker] = nil } }
        let now = Wall.milliseconds
        core.withLock { core in
            core.workers[worker] = nil
            if let lane = reading.lane { core.parked.take(lane) { $0.take(result, reading, at: now) } }
            switch reading.source {
            case .log where reading.lane != nil: break
            case .replay: core.replay?.take(result, reading, at: now)
            case .failed: core.failed?.take(result, reading, at: now)
            default: core.main.take(result, reading, at: now)
            }
            guard !core.isStopped else { return }
            if case .failure = result {
                core.wake = min(core.wake, now + 5000)
                return services.timetable.wake(id, at: now + 5000)
            }
            goOn(&core, at: now)
        }
        if case .failure(let error) = result {
            Diagnostics.warning("webhook \(id) cannot read a log: \(error); trying again in 5 s")
        }
    }
}

extension Track {
    fileprivate func isDue(isFailing: Bool) -> Bool {
        !isReading && (isFailing ? queue.isEmpty : isLow)
    }

    fileprivate mutating func take(_ result: Result<Reading.Chunk, LogError>, _ reading: Reading, at now: Int64) {
        guard job == reading.job else { return }
        isReading = false
        // What was read before something changed does not count.
        guard generation == reading.generation, case .success(let chunk) = result else { return }
        for item in chunk.items where item.number > read { append(item, at: now) }
        read = max(read, chunk.read)
        cursor = chunk.cursor
        recovered = chunk.recovered
    }
}

/// A stretch of a log to be read and matched, off the event loops.
struct Reading: Sendable {
    struct Chunk: Sendable {
        var items: [Track.Item] = []
        /// All up to here was looked at.
        var read: UInt64
        var cursor: EventLog.Cursor
        /// Bytes that were looked at.
        var scanned = 0
        var recovered: Recovered?
        /// Nothing was read yet: it has to be known first what is not given up any more.
        var isPreparing = false
    }

    let source: DeliveryKey.Source
    let job: UInt64
    let lane: UInt64?
    let generation: Int
    private let through: UInt64
    private let cursor: EventLog.Cursor
    private let matcher: PatternMatcher<Bool>?
    private let webhook: String
    private let recovered: Recovered?
    private let items: Int
    private let bytes: Int

    /// How much one reading looks at, so that others come to their turn.
    private static let scanBytes = 8 << 20

    init(
        _ track: Track, _ setup: EndpointSetup, webhook: String, isFailing: Bool, _ services: DeliveryServices
    ) {
        source = track.source
        job = track.job
        lane = track.lane
        generation = track.generation
        through = track.through
        cursor = track.cursor.sequence == track.read ? track.cursor : EventLog.Cursor(after: track.read)
        matcher = setup.matcher
        self.webhook = webhook
        recovered = track.source == .failed ? track.recovered ?? Recovered(after: track.after, position: track.read) : nil
        // Who cannot send needs a probe and no more; who shares little memory takes little.
        let isShort = isFailing || !services.budget.mayHold(Track.byteLimit / 2)
        items = isShort ? 8 : Track.itemLimit / 2
        bytes = isShort ? 16 << 10 : Track.byteLimit / 2
    }

    func run(_ services: DeliveryServices) throws(LogError) -> Chunk {
        var chunk = Chunk(read: cursor.sequence, cursor: cursor, recovered: recovered)
        guard let log = source == .failed ? services.attempts.log : services.log else { return chunk }
        if try chunk.recovered?.advance(in: log, webhook) == false {
            chunk.isPreparing = true
            return chunk
        }
        var session = matcher.map { MatchSession($0) }
        var kept = 0
        while chunk.items.count < items, kept < bytes, chunk.scanned < Self.scanBytes {
            // Of a lane there may be few among many.
            let records = try log.read(&chunk.cursor, limit: lane == nil ? items - chunk.items.count : 1024, maxBytes: bytes)
            for record in records {
                guard record.sequence <= through else {
                    chunk.read = through
                    return chunk
                }
                chunk.read = record.sequence
                chunk.scanned += record.body.count + record.attachment.count
                guard let item = item(record, &session), chunk.recovered?.claims(item.sequence) ?? true else { continue }
                chunk.items.append(item)
                kept += item.bytes
            }
            // What a job was to go through may be gone since.
            if records.isEmpty {
                if through != .max { chunk.read = through }
                break
            }
        }
        return chunk
    }

    private func item(_ record: Record, _ session: inout MatchSession<Bool>?) -> Track.Item? {
        guard source == .failed ? record.kind == .event : record.kind != .lost else { return nil }
        if source == .failed {
            guard case .attempt(let attempt)? = DeliveryRecord(record.body), attempt.webhook == webhook, attempt.fate == .dead,
                attempt.source != .test
            else { return nil }
            return Track.Item(number: record.sequence, sequence: attempt.sequence, lane: attempt.lane, record: nil)
        }
        if let lane, Lane.of(record.body) != lane { return nil }
        if matcher != nil {
            // A record that cannot be read as an event matches no pattern.
            guard let names = try? session?.match(record.body), !names.isEmpty else { return nil }
        }
        // What waits in many lanes would be too much to hold: it is read again when its turn comes.
        return Track.Item(
            number: record.sequence, sequence: record.sequence, lane: lane ?? Lane.of(record.body),
            record: lane == nil ? record.withoutAttachment : nil)
    }
}

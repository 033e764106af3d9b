/// How far a webhook has got: what has to outlive the hub. It is the fold of the delivery log's records about the webhook
/// over a snapshot of it.
struct SavedEndpoint: Equatable, Sendable {
    /// A reader of one of the logs.
    struct Progress: Equatable, Sendable {
        /// All records up to here were looked at: done, not for this webhook, or open.
        var position: UInt64
        /// Behind `position`, and done all the same: they are passed over when the reader gets there.
        var done: Set<UInt64> = []
    }

    /// A replay, or the redelivery of all that failed.
    struct Job: Equatable, Sendable {
        /// The number of its record in the delivery log.
        let id: UInt64
        let after: UInt64
        let through: UInt64
        var progress: Progress
    }

    struct LastAttempt: Equatable, Sendable {
        var time: Int64
        var sequence: UInt64
        var status: Int
        var error: String
    }

    var main: Progress
    /// Where order is kept, the lanes that are not as far as `main`.
    var lanes: [UInt64: Progress] = [:]
    var replay: Job?
    var failed: Job?
    var open: [DeliveryKey: OpenDelivery] = [:]
    var circuit = Circuit()
    var delivered: UInt64 = 0
    var dead: UInt64 = 0
    var lastAttempt: LastAttempt?
    /// The last record of the delivery log that is folded in.
    var last: UInt64 = 0

    init(position: UInt64) { main = Progress(position: position) }

    /// Folds in a record about this webhook. One that was folded before changes nothing.
    mutating func apply(_ record: DeliveryRecord, number: UInt64) {
        guard number > last else { return }
        last = number
        switch record {
        case .attempt(let attempt): apply(attempt, number)
        case .request(let request):
            let key = DeliveryKey(.resend, number)
            open[key] = OpenDelivery(key: key, sequence: request.sequence, lane: request.lane, stage: .waiting, first: number, last: number)
        case .job(let job):
            let new = Job(id: number, after: job.after, through: job.through, progress: Progress(position: job.after))
            if job.source == .replay { replay = new } else { failed = new }
        case .jobEnded(_, let source): end(source)
        }
    }

    /// No record of the event log up to here is needed any more.
    var doneThrough: UInt64 {
        let open = open.values.map { $0.sequence == 0 ? 0 : $0.sequence - 1 }.min() ?? .max
        return min(main.position, open, replay?.progress.position ?? .max, lanes.values.map(\.position).min() ?? .max)
    }

    mutating func end(_ source: DeliveryKey.Source) {
        if source == .replay { replay = nil } else { failed = nil }
        open = open.filter { $0.key.source != source }
    }

    private mutating func apply(_ attempt: DeliveryRecord.Attempt, _ number: UInt64) {
        if attempt.fate != .cancelled {
            lastAttempt = LastAttempt(time: attempt.time, sequence: attempt.sequence, status: attempt.status, error: attempt.error)
        }
        // Tests tell nothing about what is owed.
        guard attempt.source != .test else { return }
        if attempt.isSuccess {
            delivered += 1
        }
        if attempt.isCounted { count(attempt) }
        if attempt.fate == .dead { dead += 1 }
        guard belongs(attempt) else { return }
        if attempt.fate == .retry {
            var delivery = open[attempt.key] ?? OpenDelivery(key: attempt.key, sequence: attempt.sequence)
            delivery.lane = attempt.lane
            delivery.stage = .waiting
            delivery.attempts = attempt.attempt
            delivery.due = attempt.due
            delivery.failedAt = attempt.time + attempt.latency
            delivery.first = attempt.first == 0 ? number : attempt.first
            delivery.last = number
            open[attempt.key] = delivery
        } else {
            open[attempt.key] = nil
            note(attempt.key, attempt.lane)
        }
    }

    /// What it says about the receiver.
    private mutating func count(_ attempt: DeliveryRecord.Attempt) {
        let ended = attempt.time + attempt.latency
        if attempt.isSuccess {
            _ = circuit.succeeded(at: ended)
        } else {
            _ = circuit.failed(attempt.sequence, at: ended, retry: attempt.fate == .retry ? attempt.due : nil)
            circuit.pause(until: attempt.pausedUntil)
        }
    }

    /// Whether it is of a delivery that is known, or of one that began after the snapshot.
    private func belongs(_ attempt: DeliveryRecord.Attempt) -> Bool {
        if open[attempt.key] != nil { return true }
        return switch attempt.source {
        case .log: attempt.number > lanes[attempt.lane]?.position ?? main.position
        case .replay: attempt.job == replay?.id && attempt.number > replay?.progress.position ?? .max
        case .failed: attempt.job == failed?.id && attempt.number > failed?.progress.position ?? .max
        case .resend, .test: false
        }
    }

    private mutating func note(_ key: DeliveryKey, _ lane: UInt64) {
        switch key.source {
        case .log where key.number > main.position: main.done.insert(key.number)
        case .log where key.number > lanes[lane]?.position ?? .max: lanes[lane]?.done.insert(key.number)
        case .replay where key.number > replay?.progress.position ?? .max: replay?.progress.done.insert(key.number)
        case .failed where key.number > failed?.progress.position ?? .max: failed?.progress.done.insert(key.number)
        default: break
        }
    }
}

extension SavedEndpoint {
    /// As if the log had ended with a record.
    func setBack(to sequence: UInt64) -> SavedEndpoint {
        var copy = self
        copy.main.position = min(main.position, sequence)
        copy.main.done = main.done.filter { $0 <= sequence }
        copy.lanes = lanes.mapValues { lane in
            Progress(position: min(lane.position, sequence), done: lane.done.filter { $0 <= sequence })
        }
        copy.open = open.filter { $0.value.sequence <= sequence }
        if let replay, replay.through > sequence { copy.end(.replay) }
        return copy
    }
}

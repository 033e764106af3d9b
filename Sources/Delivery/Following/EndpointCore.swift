import EventLog
import IO

/// What is known and decided about one webhook's deliveries. Guarded by its endpoint's lock; see `Endpoint`.
struct EndpointCore: Sendable {
    var webhook: Webhook
    /// Nil where the webhook cannot be followed, such as one whose secrets are damaged.
    var setup: EndpointSetup?
    var open: OpenSet
    var main: Track
    var replay: Track?
    var failed: Track?
    /// What is left out of `main` for now.
    var parked: ParkedLanes
    /// The dispatcher's offers are taken; what came before was read.
    var isLive = false
    /// The version of the dispatcher's table in which this webhook is as it is now.
    var tableVersion: UInt64 = 0
    var isStopped = false
    /// The receiver wants to be called, where it was to be asked.
    var hasConsent = false
    /// When the receiver last answered something; Unix milliseconds.
    var answered: Int64 = 0
    var workers: [UInt64: Task<Void, Never>] = [:]
    var nextWorker: UInt64 = 0
    var delivered: UInt64
    var dead: UInt64
    var lastAttempt: SavedEndpoint.LastAttempt?
    /// The last record of the delivery log about this webhook.
    var last: UInt64
    /// Which of the delivery logs that were opened one after the other the numbers in here are from.
    private var logEpoch = 0
    /// When the timetable wakes this endpoint next.
    var wake = Int64.max
    /// Which track is asked first for something new.
    private var turn = 0
    /// Who has not answered for so long (milliseconds) hangs.
    private static let patience: Int64 = 2000
    /// What the budget knows of.
    private var counted = (open: 0, bytes: 0, requests: 0)

    init(_ webhook: Webhook, _ setup: EndpointSetup?, _ saved: SavedEndpoint) {
        self.webhook = webhook
        self.setup = setup
        open = OpenSet(setup?.rules ?? OpenSet.Rules(), circuit: saved.circuit)
        open.restore(Array(saved.open.values))
        if setup?.batch == nil { open.disband() }
        main = Track(.log, after: webhook.created, saved.main)
        replay = saved.replay.map { Track(.replay, job: $0.id, after: $0.after, through: $0.through, $0.progress) }
        failed = saved.failed.map { Track(.failed, job: $0.id, after: $0.after, through: $0.through, $0.progress) }
        parked = ParkedLanes(saved.lanes)
        delivered = saved.delivered
        dead = saved.dead
        lastAttempt = saved.lastAttempt
        last = saved.last
    }

    /// What the next start needs.
    /// - Parameter done: how far the dispatcher is.
    func saved(done: UInt64) -> SavedEndpoint {
        var saved = SavedEndpoint(position: 0)
        saved.main = main.progress
        saved.main.position = position(done: done)
        saved.main.done = saved.main.done.filter { $0 > saved.main.position }
        saved.lanes = parked.saved
        for track in [replay, failed] {
            guard let track else { continue }
            let job = SavedEndpoint.Job(id: track.job, after: track.after, through: track.through, progress: track.progress)
            if track.source == .replay { saved.replay = job } else { saved.failed = job }
        }
        saved.open = open.deliveries.filter { !$0.value.isCalledOff }
        saved.circuit = open.circuit
        saved.delivered = delivered
        saved.dead = dead
        saved.lastAttempt = lastAttempt
        saved.last = last
        return saved
    }

    /// All up to here is done, not for this webhook, open or parked.
    func position(done: UInt64) -> UInt64 {
        isLive && main.queue.isEmpty ? max(main.read, done) : main.position
    }

    /// The delivery log may have been opened anew: numbers that it had given and not written are given to others then.
    mutating func meet(_ log: DeliveryLog) {
        let epoch = log.epoch
        guard epoch.number != logEpoch else { return }
        logEpoch = epoch.number
        last = min(last, epoch.end)
        open.forgetRecords(after: epoch.end)
    }

    // MARK: What is to be tried

    /// Requests to be made now, which count as under way from here on, and when to ask again.
    mutating func takeJobs(at now: Int64, _ budget: Budget) -> (jobs: [Job], wake: Int64?) {
        guard let setup, !isStopped else { return ([], nil) }
        var jobs: [Job] = []
        feedLanes(budget)
        while jobs.count < 64 {
            // One asks for all: the others go by what it is told.
            if setup.asksFirst, !hasConsent, open.requestsUnderWay > 0 { return (jobs, nil) }
            let isAnswering = now - answered < Self.patience
            guard budget.mayRequest(beside: open.requestsUnderWay, isAnswering: isAnswering) else { return (jobs, now + 50) }
            let (isDue, batchDue) = hasNew(at: now, setup, budget)
            switch open.next(at: now, hasNew: isDue) {
            case .attempt(let delivery):
                var job = Job(setup: setup, members: [member(delivery)])
                for rider in open.takeRiders(of: delivery.key) { job.members.append(member(rider)) }
                // What failed together goes together, under its id; nobody joins it.
                let isWhole = job.members.count > 1
                while !isWhole, let batch = setup.batch, job.members.count < batch.events, let more = open.joining(delivery, at: now) {
                    job.members.append(member(more))
                }
                jobs.append(job)
            case .takeNew: if let job = beginNew(at: now, setup) { jobs.append(job) }
            case .wait(let time):
                // What seemed to be in the way may have been passed over just now.
                if feedLanes(budget) { continue }
                return (jobs, [time, batchDue].compactMap { $0 }.min())
            }
            settle(budget)
        }
        return (jobs, now)
    }

    /// Whether something new may begin, and where that is only a matter of time, when.
    private func hasNew(at now: Int64, _ setup: EndpointSetup, _ budget: Budget) -> (isDue: Bool, at: Int64?) {
        // What begins may be parked.
        guard budget.mayOpen(beside: open.count + parked.count) else { return (false, now + 1000) }
        if replay?.mayBegin(open) == true || failed?.mayBegin(open) == true { return (true, nil) }
        guard !main.queue.isEmpty else { return (false, nil) }
        guard let batch = setup.batch, isLive else { return (true, nil) }
        if main.queue.count >= batch.events || main.queuedBytes >= batch.bytes || main.oldest + batch.wait <= now { return (true, nil) }
        return (false, main.oldest + batch.wait)
    }

    /// Begins what comes next, taking turns between new events and what somebody asked for again. Nil where it has to wait.
    private mutating func beginNew(at now: Int64, _ setup: EndpointSetup) -> Job? {
        turn = (turn + 1) % 3
        for offset in 0..<3 {
            switch (turn + offset) % 3 {
            case 0: if !main.queue.isEmpty { return main.begin(&open, &parked, at: now, setup) }
            case 1: if replay?.mayBegin(open) == true { return replay?.begin(&open, &parked, at: now, setup) }
            default: if failed?.mayBegin(open) == true { return failed?.begin(&open, &parked, at: now, setup) }
            }
        }
        return nil
    }

    private func member(_ delivery: OpenDelivery) -> Job.Member {
        Job.Member(delivery: delivery, job: number(ofJob: delivery.key.source))
    }

    func number(ofJob source: DeliveryKey.Source) -> UInt64 {
        switch source {
        case .replay: replay?.job ?? 0
        case .failed: failed?.job ?? 0
        case .log, .resend, .test: 0
        }
    }

    /// Tells the budget what has changed.
    mutating func settle(_ budget: Budget) {
        let bytes = main.queuedBytes + (replay?.queuedBytes ?? 0) + (failed?.queuedBytes ?? 0) + parked.queuedBytes
        let now = isStopped ? (open: 0, bytes: 0, requests: 0) : (open: open.count + parked.count, bytes: bytes, requests: open.requestsUnderWay)
        budget.changeOpen(by: now.open - counted.open)
        budget.changeBytes(by: now.bytes - counted.bytes)
        budget.changeRequests(by: now.requests - counted.requests)
        counted = now
    }
}

import EventLog
import Events
import IO
import Synchronization

/// One webhook's deliveries. What is to happen is decided in `EndpointCore`, under a lock and in no time; requests run in
/// tasks on one event loop. Each such task goes on with the next request when one is done, so that a busy endpoint starts
/// no tasks and an idle one has none.
///
/// An endpoint is *live* when the dispatcher gives it its records, and *lagging* when it reads the log itself, because it
/// is new, or behind, or cannot send. A queue that is full makes it lag, so nobody ever waits for it.
final class Endpoint: Sendable {
    let id: String
    let services: DeliveryServices
    let loop: EventLoop
    // A Mutex: the dispatcher, the timetable, the API and the endpoint's own tasks meet here.
    let core: Mutex<EndpointCore>

    init(_ core: EndpointCore, on loop: EventLoop, _ services: DeliveryServices) {
        id = core.webhook.id
        self.loop = loop
        self.services = services
        self.core = Mutex(core)
    }

    /// A record that this webhook's pattern matches. Never waits.
    func offer(_ record: Record, lane: UInt64) {
        let now = Wall.milliseconds
        core.withLock { core in
            guard core.isLive, record.sequence > core.main.read else { return }
            let item = Track.Item(number: record.sequence, sequence: record.sequence, lane: lane, record: record)
            guard core.main.hasRoom, services.budget.mayHold(item.bytes), !core.open.rules.isHeld, !core.open.circuit.isFailing else {
                core.isLive = false
                return goOn(&core, at: now)
            }
            core.main.append(item, at: now)
            goOn(&core, at: now)
        }
    }

    /// Something has changed: starts what can start.
    func pump() {
        let now = Wall.milliseconds
        core.withLock { goOn(&$0, at: now) }
    }

    /// The timetable calls.
    func woken() {
        let now = Wall.milliseconds
        core.withLock { core in
            core.wake = .max
            goOn(&core, at: now)
        }
    }

    func goOn(_ core: inout EndpointCore, at now: Int64) {
        let (jobs, wake) = core.takeJobs(at: now, services.budget)
        for job in jobs { run(job, &core) }
        plan(wake, &core)
        read(&core)
        core.settle(services.budget)
    }

    func plan(_ wake: Int64?, _ core: inout EndpointCore) {
        guard let wake, wake < core.wake else { return }
        core.wake = wake
        services.timetable.wake(id, at: wake)
    }

    func run(_ job: Job, _ core: inout EndpointCore) {
        spawn(&core) { endpoint, worker in await endpoint.work(job, as: worker) }
    }

    /// A task on the endpoint's loop that ends before the endpoint's stop does. It has to call `leave`.
    func spawn(_ core: inout EndpointCore, _ body: @escaping @Sendable (Endpoint, UInt64) async -> Void) {
        core.nextWorker += 1
        let worker = core.nextWorker
        core.workers[worker] = Task(executorPreference: loop) { await body(self, worker) }
    }

    /// Begins no request and no reading any more, and ends those under way.
    /// - Returns: what has still to come to its end.
    @discardableResult
    func halt() -> [Task<Void, Never>] {
        let tasks = core.withLock { core in
            core.isStopped = true
            core.settle(services.budget)
            return Array(core.workers.values)
        }
        for task in tasks { task.cancel() }
        return tasks
    }

    /// Halts, and returns when nothing is under way.
    func stop() async {
        for task in halt() { await task.value }
    }

    /// Takes new settings. Requests under way end as they began.
    /// - Parameter version: of the dispatcher's table in which the webhook is as it is now.
    func change(_ webhook: Webhook, _ setup: EndpointSetup?, version: UInt64) {
        let now = Wall.milliseconds
        core.withLock { core in
            let isSamePattern = core.webhook.settings.pattern == webhook.settings.pattern
            // Where it lags it knows no more than what it read itself.
            core.main.read = core.isLive && core.main.queue.isEmpty ? core.position(done: services.feed.done) : core.main.read
            let isOther = setup.flatMap { new in core.setup.map { $0.url != new.url } } ?? (core.webhook.settings.url != webhook.settings.url)
            if isOther || setup?.asksFirst != core.setup?.asksFirst {
                core.hasConsent = false
                core.open.keepApart(0)
            }
            core.webhook = webhook
            if core.setup?.batch != setup?.batch { core.open.disband() }
            core.setup = setup
            core.open.change(setup?.rules ?? OpenSet.Rules(), at: now)
            if isOther {
                core.answered = 0
                core.open.changeReceiver(at: now)
            }
            core.tableVersion = version
            core.isLive = false
            core.parked.wakeAll()
            if !isSamePattern || core.open.rules.isHeld {
                core.main.discard()
                core.parked.discard()
                core.replay?.discard()
                core.failed?.discard()
            }
            goOn(&core, at: now)
        }
    }
}

extension Endpoint: Hashable {
    static func == (a: Endpoint, b: Endpoint) -> Bool { a === b }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

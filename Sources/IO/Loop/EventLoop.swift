import CLinux
import Glibc
import Synchronization

/// One thread over one epoll descriptor that runs tasks: `Task(executorPreference: loop)`. A task that waits for a socket
/// costs no thread, and between two waits it runs without a lock or a hop. Loops live as long as the process.
///
/// `@unchecked Sendable`: `incoming` is behind its mutex and `thread` is atomic; all other state is touched on the loop's
/// own thread only, by `run` and by what `run` calls.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    private let epoll: Int32
    private let wakeup: Int32
    private let thread = Atomic<UInt>(0)
    private let incoming = Mutex<[UnownedJob]>([])
    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []
    /// Of this turn, after the one that runs. On the loop's thread only.
    package private(set) var jobsLeft = 0
    private var listeners: [any TurnListener] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var waitingWithDeadline = 0
    private var nextSweep: Int64 = .max

    /// How often deadlines are looked at, in milliseconds: what a timeout may be late by.
    private static let sweepInterval: Int64 = 100

    private struct Slot {
        var generation: UInt32
        var channel: Channel?
    }

    /// Starts the loop's thread.
    package init(name: String) throws(StreamError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system(errno, "create an epoll descriptor") }
        wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard wakeup >= 0 else { throw .system(errno, "create an eventfd") }
        guard sb_epoll_add(epoll, wakeup, EPOLLIN.rawValue | EPOLLET.rawValue, .max) == 0 else {
            throw .system(errno, "watch an eventfd")
        }
        try startThread(named: name) { self.run() }
    }

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
            return
        }
        let wasEmpty = incoming.withLock { jobs in
            defer { jobs.append(job) }
            return jobs.isEmpty
        }
        if wasEmpty { eventfd_write(wakeup, 1) }
    }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        Self.currentKey.set(self)
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)
        let executor = unsafe asUnownedTaskExecutor()
        while true {
            unsafe runReadyJobs(on: executor)
            let count = unsafe epoll_wait(epoll, &events, Int32(events.count), pollTimeout())
            for index in 0..<max(0, Int(count)) {
                let mask = unsafe events[index].events
                let token = unsafe withUnsafePointer(to: &events[index]) { unsafe sb_epoll_token($0) }
                deliver(mask, token)
            }
            sweepDeadlines()
        }
    }

    /// Runs what is ready now; what these jobs make ready runs in the next turn, after a look at the sockets.
    private func runReadyJobs(on executor: UnownedTaskExecutor) {
        swap(&ready, &running)
        jobsLeft = running.count
        for job in running {
            jobsLeft -= 1
            unsafe job.runSynchronously(on: executor)
        }
        running.removeAll(keepingCapacity: true)
        if !listeners.isEmpty { tellListeners() }
    }

    private func tellListeners() {
        var told: [any TurnListener] = []
        swap(&told, &listeners)
        for listener in told { listener.turnEnded() }
    }

    private func pollTimeout() -> Int32 {
        if !ready.isEmpty || !listeners.isEmpty { return 0 }
        guard waitingWithDeadline > 0 else { return -1 }
        return Int32(clamping: max(0, nextSweep - Monotonic.milliseconds))
    }

    private func deliver(_ mask: UInt32, _ token: UInt64) {
        guard token != .max else {
            var count: eventfd_t = 0
            unsafe eventfd_read(wakeup, &count)
            let jobs = incoming.withLock { jobs in
                var taken: [UnownedJob] = []
                swap(&taken, &jobs)
                return taken
            }
            ready.append(contentsOf: jobs)
            return
        }
        let index = Int(token & 0xFFFF_FFFF)
        // A descriptor that was closed earlier in this batch may still have an event in it: the generation tells.
        guard index < slots.count, slots[index].generation == UInt32(token >> 32) else { return }
        slots[index].channel?.becameReady(mask)
    }

    private func sweepDeadlines() {
        guard waitingWithDeadline > 0 else { return }
        let now = Monotonic.milliseconds
        guard now >= nextSweep else { return }
        for slot in slots { slot.channel?.expire(now) }
        nextSweep = now + Self.sweepInterval
    }
}

/// Told when the jobs of a loop's turn have run, so that it can do once what each of them would do.
package protocol TurnListener: AnyObject, Sendable {
    /// On the loop's thread; must not block.
    func turnEnded()
}

extension EventLoop {
    private static let currentKey = ThreadKey<EventLoop>()

    /// The loop whose thread this is.
    package static var current: EventLoop? { currentKey.value }

    /// Tells `listener` at the end of this turn, once however often it is asked for. On the loop's thread only.
    package func atEndOfTurn(_ listener: some TurnListener) {
        if !listeners.contains(where: { $0 === listener }) { listeners.append(listener) }
    }

    /// Watches `channel` for both directions, edge-triggered, until `unregister`. On the loop's thread only.
    func register(_ channel: Channel) throws(StreamError) -> Int {
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot(generation: 0, channel: nil)) }
        let token = UInt64(slots[index].generation) << 32 | UInt64(index)
        let interest = EPOLLIN.rawValue | EPOLLPRI.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        guard sb_epoll_add(epoll, channel.descriptor, interest, token) == 0 else {
            freeSlots.append(index)
            throw .system(errno, "watch a socket")
        }
        slots[index].channel = channel
        return index
    }

    func unregister(_ channel: Channel, slot: Int) {
        _ = sb_epoll_remove(epoll, channel.descriptor)
        slots[slot].channel = nil
        slots[slot].generation &+= 1
        freeSlots.append(slot)
    }

    func beganWaitingWithDeadline() {
        if waitingWithDeadline == 0 { nextSweep = Monotonic.milliseconds + Self.sweepInterval }
        waitingWithDeadline += 1
    }

    func endedWaitingWithDeadline() {
        waitingWithDeadline -= 1
    }
}

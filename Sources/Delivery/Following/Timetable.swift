import Dispatch
import IO
import Synchronization

/// Wakes endpoints when something of theirs is due: one thread for all.
final class Timetable: Sendable {
    private struct Entry: Comparable, Sendable {
        /// Unix milliseconds.
        let time: Int64
        let id: String

        static func < (a: Entry, b: Entry) -> Bool { a.time < b.time }
    }

    private struct State {
        /// Those that are not what `next` says are passed over.
        var entries = Heap<Entry>()
        /// When each is to be woken.
        var next: [String: Int64] = [:]
        var isStopped = false

        /// Lets go of entries that were brought forward: far ones would be kept until then.
        mutating func compact() {
            entries = Heap()
            for (id, time) in next { entries.insert(Entry(time: time, id: id)) }
        }
    }

    /// For tests.
    var entryCount: Int { state.withLock { $0.entries.count } }

    private let state = Mutex(State())
    private let changed = DispatchSemaphore(value: 0)

    /// The clock may be set: it is looked at this often.
    private static let longestSleep: Int64 = 1000

    /// Starts the thread, which calls `wake` with an id.
    func start(_ wake: @escaping @Sendable (String) -> Void) throws(StreamError) {
        try startThread(named: "timetable") { [self] in
            while let due = takeDue() {
                for id in due { wake(id) }
            }
        }
    }

    func wake(_ id: String, at time: Int64) {
        let isFirst = state.withLock { state in
            // Who is woken before says again when to be woken.
            if let earlier = state.next[id], earlier <= time { return false }
            let isFirst = state.entries.first.map { time < $0.time } ?? true
            state.next[id] = time
            state.entries.insert(Entry(time: time, id: id))
            if state.entries.count > 2 * state.next.count + 64 { state.compact() }
            return isFirst
        }
        if isFirst { changed.signal() }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        changed.signal()
    }

    /// Waits for something to be due; nil at the end.
    private func takeDue() -> [String]? {
        while true {
            let now = Wall.milliseconds
            let (due, next, isStopped) = state.withLock { state in
                var due: [String] = []
                while let entry = state.entries.first, entry.time <= now {
                    _ = state.entries.popFirst()
                    guard state.next[entry.id] == entry.time else { continue }
                    state.next[entry.id] = nil
                    due.append(entry.id)
                }
                return (due, state.entries.first?.time, state.isStopped)
            }
            if isStopped { return nil }
            if !due.isEmpty { return due }
            if let next {
                _ = changed.wait(timeout: .now() + .milliseconds(Int(min(max(next - now, 1), Self.longestSleep))))
            } else {
                changed.wait()
            }
        }
    }
}

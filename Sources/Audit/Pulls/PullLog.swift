package import EventLog
package import IO
import Synchronization

/// The pulls, in a log of their own: a pull takes a place in a bounded queue and waits for nothing. What does not fit, or cannot be
/// written, is counted, and the count is in the log as soon as that takes something again.
package final class PullLog: Sendable {
    package struct Options: Sendable {
        package var directory: String
        package var host: String
        package var mode: PullMode
        /// Older ones are removed, a segment at a time, which ends when its first record is an eighth of that age old.
        package var days = 30
        package var maxWaiting = 32_768

        package init(directory: String, host: String, mode: PullMode) {
            self.directory = directory
            self.host = host
            self.mode = mode
        }
    }

    private struct State {
        var waiting: [Pull] = []
        /// Not recorded, and not said in the log yet.
        var lost = 0
        var lostInAll = 0
        var seen = 0

        mutating func lose(_ count: Int) {
            lost += count
            lostInAll += count
        }
    }

    private let options: Options
    private let state = Mutex(State())
    package let audit: AuditLog
    private let isStopping = Atomic(false)

    private static let interval = Duration.milliseconds(100)
    private static let batch = 8_192

    /// Opens the pulls' log. One that is damaged does not keep the hub from starting: the error says what to do.
    package init(_ options: Options) throws(LogError) {
        self.options = options
        var log = EventLog.Options(directory: options.directory)
        log.segmentBytes = 16 << 20
        log.preallocateBytes = 1 << 20
        log.mayForgetOldest = true
        audit = AuditLog(try EventLog.open(log, replayAfter: 0) { _ in })
    }

    /// Pulls that are not in the log, since the start.
    package var lost: Int { state.withLock { $0.lostInAll } }

    /// Whether the next pull is one to record: asked first, so that a pull that is not costs nothing more.
    package func wantsNext() -> Bool {
        switch options.mode {
        case .off: return false
        case .all: return true
        case .sampled:
            return state.withLock { state in
                state.seen &+= 1
                return state.seen % PullMode.sampleRate == 1
            }
        }
    }

    /// Never waits.
    package func record(_ pull: Pull) {
        state.withLock { state in
            if state.waiting.count < options.maxWaiting { state.waiting.append(pull) } else { state.lose(1) }
        }
    }

    /// Writes what has gathered, a few times a second, until the task is cancelled; then once more.
    package func run(on pool: BlockingPool) async {
        let indexing = Task { await audit.keepIndexed(on: pool) }
        var turn = 0
        while (try? await Task.sleep(for: Self.interval)) != nil {
            await flush()
            turn += 1
            if turn % 36_000 == 1 { await removeOld(on: pool) }
        }
        await flush()
        indexing.cancel()
        await indexing.value
    }

    package func close() { audit.log.close() }

    /// Removes pulls that are too old. Blocks.
    func retain(now: Int64) throws(LogError) {
        let age = Int64(options.days) * 86_400_000
        // Only whole segments go, and where little is pulled one may take years to fill.
        try audit.log.seal(startedBefore: now - age / 8)
        try audit.log.removeSegments(endingBefore: now - age)
    }

    private func removeOld(on pool: BlockingPool) async {
        do {
            try await pool.run { [self] () throws(LogError) in try retain(now: Wall.milliseconds) }
        } catch {
            Diagnostics.warning("old pulls were not removed: \(error)")
        }
    }

    /// Takes what waits and commits it; what the log does not take is lost, and counted.
    package func flush() async {
        var (pulls, lost) = state.withLock { state in
            defer {
                state.waiting = []
                state.lost = 0
            }
            return (state.waiting, state.lost)
        }
        while !pulls.isEmpty || lost > 0 {
            let part = Array(pulls.prefix(Self.batch))
            pulls.removeFirst(part.count)
            do {
                try await commit(part, lost: lost)
                lost = 0
            } catch {
                let count = part.count + pulls.count
                let isFirst = state.withLock { state in
                    defer { state.lost += lost }
                    let isFirst = state.lost == 0 && lost == 0
                    state.lose(count)
                    return isFirst
                }
                if isFirst { Diagnostics.warning("pulls are not recorded: \(error)") }
                return
            }
        }
    }

    private func commit(_ pulls: [Pull], lost: Int) async throws {
        let (log, options) = (audit.log, options)
        let rate = options.mode == .sampled ? PullMode.sampleRate : nil
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try log.commit({ transaction in
                    let time = transaction.time
                    if lost > 0 {
                        transaction.append { sequence, out in Pull.appendLost(lost, to: &out, sequence: sequence, time: time, host: options.host) }
                    }
                    for pull in pulls {
                        transaction.append { sequence, out in pull.append(to: &out, sequence: sequence, host: options.host, sampleRate: rate) }
                    }
                }, whenDurable: { continuation.resume(with: $0.mapError { $0 as any Error }) })
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

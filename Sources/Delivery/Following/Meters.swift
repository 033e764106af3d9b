import Synchronization

/// What deliveries amount to, for `/metrics`.
package final class Meters: Sendable {
    /// Upper bounds of latencies, in milliseconds; the last bucket has no bound.
    package static let bounds: [Int64] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

    package struct Reading: Sendable {
        /// By outcome: `delivered`, `refused` (another status) and `unanswered`.
        package var delivered: UInt64 = 0
        package var refused: UInt64 = 0
        package var unanswered: UInt64 = 0
        package var dead: UInt64 = 0
        /// For each bound how many were no longer, and in the end all of them.
        package var latencies = [UInt64](repeating: 0, count: bounds.count + 1)
        /// In nanoseconds.
        package var latencySum: UInt64 = 0
    }

    // A Mutex: a few additions for each attempt, from all loops.
    private let state = Mutex(Reading())

    init() {}

    /// - Parameter latency: nanoseconds.
    func ended(_ outcome: AttemptOutcome, latency: Int64) {
        let milliseconds = latency / 1_000_000
        let bucket = Self.bounds.firstIndex { milliseconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            if outcome.isSuccess {
                state.delivered += 1
            } else if outcome.status != nil {
                state.refused += 1
            } else {
                state.unanswered += 1
            }
            state.latencies[bucket] += 1
            state.latencySum &+= UInt64(max(0, latency))
        }
    }

    func died() { state.withLock { $0.dead += 1 } }

    package var reading: Reading {
        var reading = state.withLock { $0 }
        for index in reading.latencies.indices.dropFirst() { reading.latencies[index] += reading.latencies[index - 1] }
        return reading
    }
}

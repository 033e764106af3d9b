import IO

/// Runs steps one after the other, in the order in which they came, and keeps nobody waiting: whoever comes while another thread is at it
/// leaves the step with that one and goes on.
///
/// With a lock instead, a loop that came slept until the other was done, for every third tag that 256 clients set.
final class Sequencer: TurnListener {
    typealias Step = @Sendable () -> Void

    private struct Queue {
        private static let kept = 1024

        /// Those before `next` were taken.
        var steps: [Step] = []
        var next = 0
        /// A thread is at it, and will come to all that is in `steps`.
        var isRunning = false

        var isEmpty: Bool { next == steps.count }

        mutating func take(_ limit: Int, into taken: inout [Step]) {
            let end = min(next + limit, steps.count)
            taken.append(contentsOf: steps[next..<end])
            next = end
            // Also where it is never empty, at a cost that each taken step has its part of.
            guard isEmpty || next >= Self.kept else { return }
            steps.removeFirst(next)
            next = 0
        }
    }

    private let queue = Lock(Queue())

    /// Steps that a loop's thread runs before it looks after its own connections again, if there are always more.
    private static let share = 64

    /// Runs `step` now, on this thread, or after others on another one.
    /// - Parameter step: must not block, as it may hold up a loop. May not call this and rest on what that does.
    func run(_ step: @escaping Step) {
        let isFree = queue.withLock { queue in
            queue.steps.append(step)
            return !exchange(&queue.isRunning, with: true)
        }
        if isFree { runQueued() }
    }

    /// Goes on where this loop left off, unless another thread does already.
    func turnEnded() {
        let isFree = queue.withLock { queue in
            !queue.isEmpty && !exchange(&queue.isRunning, with: true)
        }
        if isFree { runQueued() }
    }

    private func runQueued() {
        var steps: [Step] = []
        var done = 0
        while true {
            // Without a loop there is nobody else whom this thread has to look after.
            let loop = done < Self.share ? nil : EventLoop.current
            let goesOn = queue.withLock { queue in
                queue.isRunning = !queue.isEmpty && loop == nil
                if queue.isRunning { queue.take(Self.share, into: &steps) }
                return queue.isRunning
            }
            // What is left is run by who comes next, or when this loop's turn is over. Asked for in any case: where nothing is left, the
            // listener finds that.
            guard goesOn else {
                loop?.atEndOfTurn(self)
                return
            }
            for step in steps { step() }
            done += steps.count
            steps.removeAll(keepingCapacity: true)
        }
    }
}

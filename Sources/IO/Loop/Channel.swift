import CLinux
import Glibc

/// Why a wait for a socket ended.
package enum Wakeup: Sendable {
    case ready, timedOut, interrupted
}

/// A non-blocking descriptor on its loop: the place where a task waits until it can read or write.
///
/// Lost wake-ups cannot happen: the caller tries its call first and waits only after `EAGAIN`, both on the loop's thread;
/// an edge after that is delivered by a later turn of the same thread, when the continuation stands.
///
/// `@unchecked Sendable`: every stored property is touched on the loop's thread only, which `wait` checks.
package final class Channel: @unchecked Sendable {
    package let loop: EventLoop
    let descriptor: Int32
    private var slot: Int?
    private var reader: Waiter?
    private var writer: Waiter?
    /// Nothing is there to be read, nor an end: who wants to read waits, and saves the call that would say so. Each arrival makes an
    /// edge, and an edge ends this. (`epoll(7)`: of a stream, a read that gives less than it was asked for has emptied it.)
    private(set) var isEmpty = false
    /// The end, an error or urgent data, at which a read stops short, has been announced: from here on only a read tells.
    private var isUnsure = false

    @safe private struct Waiter {
        let continuation: UnsafeContinuation<Wakeup, Never>
        let deadline: Int64
    }

    package enum Direction: Sendable {
        case read, write
    }

    /// Takes over `descriptor`, which must be non-blocking; it is closed if it cannot be watched. On the loop's thread.
    init(_ descriptor: Int32, on loop: EventLoop) throws(StreamError) {
        self.loop = loop
        self.descriptor = descriptor
        do throws(StreamError) {
            slot = try loop.register(self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Reached only after `close`: the loop holds a registered channel.
        if slot != nil { Glibc.close(descriptor) }
    }

    package var isOpen: Bool { slot != nil }

    /// Suspends until the descriptor may be ready, the deadline (monotonic milliseconds) has passed, or `interrupt`.
    package func wait(_ direction: Direction, until deadline: Int64) async -> Wakeup {
        precondition(loop.isCurrent, "a channel is used on its own loop: Task(executorPreference:)")
        guard isOpen else { return .interrupted }
        if deadline != .max { loop.beganWaitingWithDeadline() }
        let wakeup = unsafe await withUnsafeContinuation { continuation in
            let waiter = unsafe Waiter(continuation: continuation, deadline: deadline)
            switch direction {
            case .read: reader = waiter
            case .write: writer = waiter
            }
        }
        if deadline != .max { loop.endedWaitingWithDeadline() }
        return wakeup
    }

    func becameReady(_ mask: UInt32) {
        let failed = mask & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        if failed || mask & (EPOLLRDHUP.rawValue | EPOLLPRI.rawValue) != 0 { isUnsure = true }
        if isUnsure || mask & EPOLLIN.rawValue != 0 { isEmpty = false }
        if failed || mask & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 { resume(.read, .ready) }
        if failed || mask & EPOLLOUT.rawValue != 0 { resume(.write, .ready) }
    }

    /// A read gave less than it was asked for, or nothing.
    func wasEmptied() { isEmpty = !isUnsure }

    func expire(_ now: Int64) {
        if let reader = reader, reader.deadline <= now { resume(.read, .timedOut) }
        if let writer = writer, writer.deadline <= now { resume(.write, .timedOut) }
    }

    /// Ends both waits, so that their task can notice that it should stop. On the loop's thread.
    package func interrupt() {
        resume(.read, .interrupted)
        resume(.write, .interrupted)
    }

    private func resume(_ direction: Direction, _ wakeup: Wakeup) {
        var waiter: Waiter?
        switch direction {
        case .read: swap(&waiter, &reader)
        case .write: swap(&waiter, &writer)
        }
        unsafe waiter?.continuation.resume(returning: wakeup)
    }

    /// Closes the descriptor; whoever waits is woken. Further calls do nothing. On the loop's thread.
    package func close() {
        guard let slot else { return }
        self.slot = nil
        loop.unregister(self, slot: slot)
        Glibc.close(descriptor)
        interrupt()
    }
}

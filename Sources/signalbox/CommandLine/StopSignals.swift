import Glibc
import IO
import Synchronization

/// SIGTERM and SIGINT as something to wait for. A second one ends the process at once: an operator who asks twice means it.
///
/// A handler of our own and not a dispatch source: the handler is there when `init` returns, it stays until the process
/// ends, and it works although every other thread is stuck. Children do not inherit it, nor a blocked signal.
struct StopSignals {
    /// How many came. A global, as the handler can reach nothing else; `init` touches it before there is a handler, so that the handler
    /// does nothing but an atomic addition, `_exit` or `write`, which are safe there (signal-safety(7)).
    private static let count = Atomic<Int>(0)
    /// The pipe's end that wakes the waiting thread.
    private static let wakeup = Atomic<Int32>(-1)

    private let arrivals: AsyncStream<Void>

    init() throws(StreamError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .system(errno, "create a pipe for signals") }
        // No child is started yet that could inherit them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let descriptor = ends[0]
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        self.arrivals = arrivals
        Self.count.store(0, ordering: .relaxed)
        Self.wakeup.store(ends[1], ordering: .sequentiallyConsistent)
        try startThread(named: "signals") {
            var byte: UInt8 = 0
            while unsafe read(descriptor, &byte, 1) < 0, errno == EINTR {}
            arrival.finish()
        }
        for number in [SIGTERM, SIGINT] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { _ in StopSignals.arrived() }
            action.sa_flags = SA_RESTART
            unsafe sigaction(number, &action, nil)
        }
    }

    /// Returns when the first of them has come.
    func first() async {
        for await _ in arrivals {}
    }

    private static func arrived() {
        guard count.wrappingAdd(1, ordering: .relaxed).newValue == 1 else { _exit(1) }
        let before = errno
        var byte: UInt8 = 1
        _ = unsafe write(wakeup.load(ordering: .relaxed), &byte, 1)
        errno = before
    }
}

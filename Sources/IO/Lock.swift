import Glibc

/// A value that one thread at a time may use, for a lock that is asked for all the time by more threads than there are cores.
///
/// Swift's `Mutex` is the system's lock with priority inheritance: it is handed to whoever waits, who first has to be given a core, and
/// until then nobody has it; so once two threads met, each passage costs both a switch. This one is free as soon as it is let go of, and
/// is taken by whoever runs. Elsewhere `Mutex` is the simpler one.
///
/// `@unchecked Sendable`: the value is only used between `lock` and `unlock`.
@safe package final class Lock<Value: Sendable>: @unchecked Sendable {
    /// Both have an address of their own for as long as the object lives, as the system demands of its part.
    private let handle: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    package init(_ value: Value) {
        unsafe handle = .allocate(capacity: 1)
        unsafe self.value = .allocate(capacity: 1)
        unsafe self.value.initialize(to: value)
        unsafe handle.initialize(to: pthread_mutex_t())
        var kind = pthread_mutexattr_t()
        unsafe pthread_mutexattr_init(&kind)
        // Tries for a moment before it waits: what it is held for is often shorter than a switch.
        unsafe pthread_mutexattr_settype(&kind, CInt(PTHREAD_MUTEX_ADAPTIVE_NP))
        unsafe pthread_mutex_init(handle, &kind)
        unsafe pthread_mutexattr_destroy(&kind)
    }

    deinit {
        unsafe pthread_mutex_destroy(handle)
        unsafe handle.deinitialize(count: 1)
        unsafe value.deinitialize(count: 1)
        unsafe handle.deallocate()
        unsafe value.deallocate()
    }

    /// - Parameter body: must not take the same lock.
    package func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
        unsafe pthread_mutex_lock(handle)
        defer { unsafe pthread_mutex_unlock(handle) }
        return try unsafe body(&value.pointee)
    }
}

import CLinux
import Glibc

/// Starts a detached thread that runs `body`.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(StreamError) {
    let box = unsafe Unmanaged.passRetained(ThreadBody(name: name, body: body))
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let result = unsafe pthread_create(&thread, &attributes, { argument in
        if let argument = unsafe argument {
            let box = unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
            unsafe pthread_setname_np(pthread_self(), box.name)
            box.body()
        }
        return nil
    }, box.toOpaque())
    guard result == 0 else {
        unsafe box.release()
        throw .system(result, "start a thread")
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = String(name.prefix(15))
        self.body = body
    }
}

/// An object for each thread that has one. It must live as long as the thread does.
struct ThreadKey<Object: AnyObject>: Sendable {
    private let key: pthread_key_t

    init() {
        var key = pthread_key_t()
        // Where the process has no key left, no thread is known to have an object.
        let result = unsafe pthread_key_create(&key, nil)
        self.key = result == 0 ? key : .max
    }

    var value: Object? {
        unsafe pthread_getspecific(key).map { unsafe Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() }
    }

    func set(_ object: Object) {
        _ = unsafe pthread_setspecific(key, Unmanaged.passUnretained(object).toOpaque())
    }
}

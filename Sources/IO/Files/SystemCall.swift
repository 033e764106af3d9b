import Glibc

/// Runs a system call that answers a negative number on failure, again for as long as a signal interrupts it.
@discardableResult
func call<T: SignedInteger>(
    _ operation: String, _ path: String, _ body: () -> T
) throws(IOError) -> T {
    while true {
        let result = body()
        if result >= 0 { return result }
        let number = errno
        if number != EINTR { throw IOError(errno: number, operation: operation, path: path) }
    }
}

/// A path as the kernel reads it. C ends a path at its first zero byte, so one inside a path would name another file.
func checkPath(_ operation: String, _ path: String) throws(IOError) {
    if unsafe path.withCString({ unsafe strlen($0) }) != path.utf8.count {
        throw IOError(errno: EINVAL, operation: operation, path: path.split(separator: "\0").joined(separator: "\\0"))
    }
}

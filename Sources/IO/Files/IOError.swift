import Glibc

/// A failed system call on a file: what was tried, where, and why it did not work.
package struct IOError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The C library's error number, such as `ENOSPC`.
    package let errno: Int32
    /// What was tried, as a verb: "open", "write", "sync".
    package let operation: String
    package let path: String
    /// Said instead of the general advice when the caller knows more, such as which process holds a lock.
    package let detail: String?

    package init(errno: Int32, operation: String, path: String, detail: String? = nil) {
        self.errno = errno
        self.operation = operation
        self.path = path
        self.detail = detail
    }

    /// One sentence: what, where, why and, where something can be done about it, what to do.
    package var description: String {
        var sentence = "cannot \(operation) \(path): \(Self.reason(errno))"
        if let advice = detail ?? Self.advice(errno) { sentence += "; \(advice)" }
        return sentence
    }

    /// The disk is full, or the user's share of it.
    package var isOutOfSpace: Bool { errno == ENOSPC || errno == EDQUOT }
    /// The device, not the file system, failed.
    package var isDeviceFault: Bool { errno == EIO }
    /// The process or the system has as many files open as it may.
    package var isOutOfDescriptors: Bool { errno == EMFILE || errno == ENFILE }
    package var isNotFound: Bool { errno == ENOENT || errno == ENOTDIR }

    /// The system's own words for an error number.
    static func reason(_ number: Int32) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }

    private static func advice(_ number: Int32) -> String? {
        switch number {
        case ENOSPC: "free some space on that file system"
        case EDQUOT: "raise the disk quota or free some space"
        case EIO: "the device reports a fault: check it and the kernel log before starting again"
        case EACCES, EPERM: "give the user this program runs as access to it"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
        case EROFS: "mount that file system writable"
        case EFBIG: "raise the limit of the size of a file (ulimit -f)"
        default: nil
        }
    }
}

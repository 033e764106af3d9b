import Glibc

/// Why a connection could not be made or used.
package struct StreamError: Error, Sendable, CustomStringConvertible {
    package let code: Code
    package let description: String

    package enum Code: Sendable, Equatable {
        /// The peer is gone: an orderly end where more was due, a reset, a broken pipe.
        case closed
        case timedOut
        /// Our side is stopping.
        case interrupted
        case refused
        case unreachable
        case tls
        case invalidAddress
        case addressInUse
        case system
    }

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// A failed system call, in words: what was tried and why it failed.
    package static func system(_ number: Int32, _ operation: String) -> StreamError {
        let reason = unsafe String(cString: strerror(number))
        let code: Code = switch number {
        case ECONNRESET, EPIPE, ENOTCONN, ESHUTDOWN: .closed
        case ETIMEDOUT: .timedOut
        case ECONNREFUSED: .refused
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL: .unreachable
        case EADDRINUSE: .addressInUse
        default: .system
        }
        return StreamError(code, "cannot \(operation): \(reason)")
    }
}

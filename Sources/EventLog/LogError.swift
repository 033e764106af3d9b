package import IO

/// Why the log could not do what was asked.
package struct LogError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// Too many bytes wait to be written: try again shortly.
        case overloaded
        /// The record or transaction is larger than the log takes.
        case tooLarge
        /// A write or sync failed. Nothing can be appended until the log is opened again; reading goes on.
        case readOnly
        /// `close` was called.
        case closed
        /// Bytes on disk are not what was written. The message names segment, offset and the repair.
        case damaged
        /// Records that must be there are not: a segment file is gone, or the log ends before a snapshot it belongs to.
        case missing
        /// A system call failed; `cause` says which.
        case io
        /// The caller could not take a record that was replayed.
        case replay
    }

    package let code: Code
    /// One clear sentence.
    package let message: String
    package let cause: IOError?

    package init(_ code: Code, _ message: String, cause: IOError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }

    static func io(_ error: IOError) -> LogError {
        LogError(.io, error.description, cause: error)
    }

    static func readOnly(_ error: IOError) -> LogError {
        LogError(.readOnly, "the log is read-only since it could not be written: \(error)", cause: error)
    }

    static func damaged(_ path: String, offset: Int, sequence: UInt64, _ what: String) -> LogError {
        let folder = Files.parent(of: Files.parent(of: path))
        return LogError(
            .damaged,
            "the log is damaged at record \(sequence), byte \(offset) of \(path): \(what); "
                + "restore that file from a backup, or run: signalbox log repair --data \(folder)")
    }
}

/// Runs file calls inside the log, whose errors are the log's own.
func files<T>(_ body: () throws(IOError) -> T) throws(LogError) -> T {
    do throws(IOError) { return try body() } catch { throw .io(error) }
}

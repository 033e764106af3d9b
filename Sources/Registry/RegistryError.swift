import EventLog
package import OCI

/// Why the registry refused something. What it means in HTTP is the server's to say.
package struct RegistryError: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// The request makes no sense.
        case invalid
        case notFound
        /// A guard forbids it.
        case denied
        case tooLarge
        /// It does not fit what is there.
        case conflict
        /// Nothing can be written now: try again later.
        case unavailable
        /// What is on disk is not what was written.
        case damaged
    }

    package let reason: Reason
    /// At least one.
    package let errors: [OCIError]

    package init(_ reason: Reason, _ errors: [OCIError]) {
        self.reason = reason
        self.errors = errors
    }

    init(_ reason: Reason, _ code: ErrorCode, _ message: String) {
        self.init(reason, [OCIError(code, message)])
    }

    package var description: String { errors.map(\.message).joined(separator: "; ") }

    static func unknown(_ repository: RepositoryName) -> RegistryError {
        RegistryError(.notFound, .nameUnknown, "there is no repository \(repository)")
    }

    static func unknown(_ reference: Reference, in repository: RepositoryName) -> RegistryError {
        RegistryError(.notFound, .manifestUnknown, "there is no manifest \(reference) in \(repository)")
    }

    static func damaged(_ message: String) -> RegistryError {
        RegistryError(.damaged, .unsupported, message)
    }

    /// A commit or a read that the log refused.
    init(_ error: LogError) {
        switch error.code {
        case .overloaded: self.init(.unavailable, .tooManyRequests, error.message)
        case .tooLarge: self.init(.tooLarge, .sizeInvalid, error.message)
        case .readOnly, .closed, .io: self.init(.unavailable, .unsupported, error.message)
        case .damaged, .missing, .replay: self.init(.damaged, .unsupported, error.message)
        }
    }
}

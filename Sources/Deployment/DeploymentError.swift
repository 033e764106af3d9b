/// Why a request about triggers, deployments or environments fails.
package struct DeploymentError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case invalid, denied, notFound, conflict, tooMany, unavailable, damaged
    }

    package let code: Code
    /// What went wrong, where, and what to do about it: one sentence.
    package let message: String
    /// JSON pointer to the member at fault.
    package let pointer: String?

    package init(_ code: Code, _ message: String, pointer: String? = nil) {
        self.code = code
        self.message = message
        self.pointer = pointer
    }

    package var description: String { message }

    package static func unknownDeployment(_ id: String) -> DeploymentError {
        DeploymentError(
            .notFound,
            "there is no deployment \(id), or it is so long over that only the log has it: signalbox deployments list shows the others, "
                + "and signalbox audit query --type 'io.signalbox.deployment.*' all there ever were")
    }

    package static func unknownTrigger(_ name: String) -> DeploymentError {
        DeploymentError(.notFound, "there is no trigger \(name): signalbox trigger list shows those there are")
    }

    package static func unknownEnvironment(_ name: String) -> DeploymentError {
        DeploymentError(
            .notFound, "there is no environment \(name): triggers name them, and signalbox environments lists those there are")
    }
}

/// A program to be run: never through a shell, with nothing of this process but what is said here.
package struct ProcessCommand: Sendable {
    /// Absolute.
    package var program: String
    /// Without the program's own name.
    package var arguments: [String]
    /// All of its environment.
    package var environment: [String: String]
    /// The working folder.
    package var folder: String
    /// What it can read on standard input; whether it does is its own affair.
    package var input: [UInt8]

    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], folder: String = "/", input: [UInt8] = []
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.input = input
    }
}

/// How a program ended.
package struct ProcessOutcome: Sendable, Equatable {
    package enum End: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
        /// SIGKILL did not end it within seconds: it hangs within the kernel. It is waited for in the background.
        case stuck
    }

    package enum Stop: Sendable, Equatable { case timedOut, cancelled }

    package let end: End
    /// Why it was told to end; nil where it ended by itself.
    package let stop: Stop?

    package init(end: End, stop: Stop? = nil) {
        self.end = end
        self.stop = stop
    }
}

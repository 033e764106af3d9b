import IO

/// Runs one program for a target: its output into the run's, its end as a result.
struct ProcessRun: Sendable {
    /// For messages: "the hook compose-up".
    let name: String
    let command: ProcessCommand
    /// Milliseconds from SIGTERM to SIGKILL.
    let grace: Int64

    /// Exit codes of sysexits.h by which a program says that another try is of no use: usage, no permission, configuration.
    private static let finalCodes: Set<Int32> = [64, 77, 78]

    /// - Parameter output: where the program's output goes instead of the run's.
    func run(_ run: TargetRun, into output: DeploymentOutput? = nil) async throws(TargetFailure) -> String {
        // What an event says can have one, such as a platform of an index.
        guard !(command.arguments + command.environment.values).contains(where: { $0.utf8.contains(0) }) else {
            throw .final("an argument or a variable of \(name) has a zero byte, with which no program can be started")
        }
        let outcome: ProcessOutcome
        let output = output ?? run.output
        let before = output.total
        do throws(IOError) {
            outcome = try await ProcessRunner(loops: run.services.loops, pool: run.services.pool, supervisor: run.services.supervisor)
                .run(command, until: run.deadline, grace: grace) { output.append($0) }
        } catch {
            throw TargetFailure(reason: error.description, isRetryable: error.isOutOfDescriptors || error.errno == Self.again)
        }
        switch (outcome.stop, outcome.end) {
        case (_, .stuck): throw .retryable("\(name) did not end, even by SIGKILL: it hangs within the system")
        case (.timedOut?, _): throw .retryable("\(name) took too long and was ended")
        case (.cancelled?, _): throw .final("\(name) was ended, because the deployment was cancelled")
        case (nil, .exited(0)): return "\(name) ended well"
        case (nil, .exited(let code)):
            let reason = "\(name) ended with exit code \(code)\(Self.lastWords(output, since: before))"
            throw TargetFailure(reason: reason, isRetryable: !Self.finalCodes.contains(code))
        case (nil, .killed(let signal)): throw .retryable("\(name) was ended by signal \(signal)\(Self.lastWords(output, since: before))")
        }
    }

    /// The last line that it said: most programs say there why they fail, and lists of deployments and webhooks show the reason alone.
    /// - Parameter before: how much the output had when it began.
    private static func lastWords(_ output: DeploymentOutput, since before: Int) -> String {
        guard output.total > before, let line = output.tail().split(whereSeparator: \.isNewline).last(where: { !$0.allSatisfy(\.isWhitespace) })
        else { return "" }
        return ": \(line.prefix(200))" + (line.count > 200 ? "..." : "")
    }

    /// EAGAIN of fork: too many processes just now.
    private static let again: Int32 = 11
}

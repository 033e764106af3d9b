import Glibc
import IO
import Server

/// Exit codes: 0 done, 1 could not be done, 2 the command line is wrong.
@main
enum Main {
    static let commands: [Command] = [
        .serve, .events, .auditQuery, .auditImage, .auditTag, .auditExport,
        .patternMatch, .scanReport, .logCheck, .logRepair, .version,
        .auditProve, .auditCheckProof, .auditConsistency, .auditVerify, .auditKeys, .auditRotateKey, .auditRedact, .backup, .restore,
    ] + Command.aboutWebhooks + Command.aboutDeployments

    static func main() async {
        if CommandLine.arguments.starts(with: Supervisor.words) { Supervisor.main(CommandLine.arguments) }
        // A reader that closes the pipe early ends writes with an error, not the process.
        signal(SIGPIPE, SIG_IGN)
        ProcessMemory.returnWhatIsFreed()
        // Off the main actor: sockets are used on their loop's thread, where an actor's code cannot go.
        // All output is out when it is written. What `exit` would run (OpenSSL's cleanup, destructors of statics) takes away
        // what other threads may still be using on their way to the end.
        _exit(await Task.detached { await execute(CommandLine.arguments.dropFirst()) }.value)
    }

    private static func execute(_ words: ArraySlice<String>) async -> Int32 {
        do {
            try await run(words)
            return 0
        } catch {
            Terminal.error("signalbox: \(error)\n")
            return error is UsageError ? 2 : (error as? CommandFailure)?.exitCode ?? 1
        }
    }

    private static func run(_ words: ArraySlice<String>) async throws {
        guard let first = words.first else { throw UsageError("a command is missing") }
        if ["--help", "-h", "help"].contains(first) { return Terminal.out(overview) }
        if first == "--version" { return try await run(["version"]) }
        guard let (command, rest) = find(words) else {
            let group = commands.filter { $0.name.hasPrefix(first + " ") }
            if group.isEmpty { throw UsageError("unknown command \"\(first)\"") }
            if let second = words.dropFirst().first, ["--help", "-h"].contains(second) { return Terminal.out(list(group)) }
            let names = group.compactMap { $0.name.split(separator: " ").last }.joined(separator: ", ")
            throw UsageError("\"\(first)\" is followed by one of: \(names)")
        }
        if rest.prefix(while: { $0 != "--" }).contains(where: { ["--help", "-h"].contains($0) }) {
            return Terminal.out(command.helpText)
        }
        try await command.run(Arguments(rest, for: command))
    }

    private static func find(_ words: ArraySlice<String>) -> (Command, ArraySlice<String>)? {
        for command in commands {
            let name = command.name.split(separator: " ").map(String.init)
            if words.starts(with: name) { return (command, words.dropFirst(name.count)) }
        }
        return nil
    }

    private static var overview: String {
        """
        Signalbox: an image registry whose every change is a durable, signed event.

        \(list(commands))
        'signalbox COMMAND --help' says more about each, with an example.

        """
    }

    private static func list(_ commands: [Command]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        let lines = commands.map { command in
            "  \(command.name)\(String(repeating: " ", count: width - command.name.count))  \(command.summary)\n"
        }
        return "usage: signalbox COMMAND [options]\n\nCommands:\n" + lines.joined()
    }
}

import IO
import JSON

/// A program of the hooks folder:
/// `{"type": "hook", "name": "compose-up", "arguments": ["--tag", "{{tag}}"], "environment": {"TOKEN": {"secret": "token"}}}`.
///
/// Never a shell: each argument arrives as it is. The event is on standard input, what is deployed in `SIGNALBOX_*` variables.
struct HookTarget: TargetKind {
    static let name = "hook"
    static let keys = ["name", "arguments", "environment", "folder", "killAfter"]

    static let noFolder = "there is no hooks folder: name one in the configuration, as deployments: {hooks: PATH}"

    private let program: String
    private let arguments: [Template]
    private let environment: [String: SettingText]
    /// The working folder; nil stands for the hooks folder.
    private let folder: String?
    /// Milliseconds from SIGTERM to SIGKILL.
    private let grace: Int64

    init(_ reader: SettingsReader) throws(DeploymentError) {
        program = try reader.required("name")
        guard HookFile.isName(program) else {
            throw reader.failure(
                "name", "must be the name of a file in the hooks folder: letters, digits, \"-\", \"_\" and \".\", not \"\(program)\"")
        }
        arguments = try reader.templates("arguments")
        environment = try ProcessVariables.read(reader, "environment")
        folder = try reader.string("folder")
        if let folder, !folder.hasPrefix("/") { throw reader.failure("folder", "must be an absolute path, not \"\(folder)\"") }
        grace = Int64(try reader.int("killAfter", in: 0...600) ?? 10) * 1000
    }

    /// Whether there is such a program. Blocks.
    func check(in hooksFolder: String?) throws(DeploymentError) {
        guard let hooksFolder else { throw DeploymentError(.invalid, Self.noFolder) }
        do throws(DeploymentError) {
            try HookFile(folder: hooksFolder, name: program).check()
        } catch {
            // To the one who makes a trigger, a hook that is not there is a mistake in what was sent.
            throw DeploymentError(error.code == .notFound ? .invalid : error.code, error.message, pointer: "/target/name")
        }
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        guard let hooks = run.services.hooksFolder else { throw .final(Self.noFolder) }
        let file = HookFile(folder: hooks, name: program)
        do throws(DeploymentError) {
            try await run.services.pool.run { () throws(DeploymentError) in try file.check() }
        } catch {
            throw .final(error.message)
        }
        var variables = ProcessVariables.inherited
        for (name, text) in environment { variables[name] = try text.resolved(run) }
        variables.merge(ProcessVariables.describing(run)) { _, new in new }
        var words: [String] = []
        for argument in arguments { words.append(try run.filled(argument)) }
        let command = ProcessCommand(
            file.path, words, environment: variables, folder: folder ?? hooks, input: run.request.event)
        return try await ProcessRun(name: "the hook \(program)", command: command, grace: grace).run(run)
    }
}

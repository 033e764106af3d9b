import IO
import JSON

/// Brings a service of a Docker Compose project to the image:
/// `{"type": "compose", "folder": "/srv/shop", "service": "web", "variable": "IMAGE"}`.
///
/// The service names its image as `${IMAGE}`. The variable is kept in the project's `.env` file, so that what runs after a
/// restart by hand is the same; a deployment that fails puts back what was there, and one that is cut off leaves that to the next.
struct ComposeTarget: TargetKind {
    static let name = "compose"
    static let keys = ["folder", "service", "variable", "files", "project", "environment", "image", "killAfter"]

    private let folder: String
    private let service: String
    private let variable: String
    private let files: [String]
    private let project: String?
    private let environment: [String: SettingText]
    private let image: Template
    private let grace: Int64

    init(_ reader: SettingsReader) throws(DeploymentError) {
        folder = try reader.required("folder")
        guard folder.hasPrefix("/") else { throw reader.failure("folder", "must be an absolute path, not \"\(folder)\"") }
        service = try reader.required("service")
        guard !service.hasPrefix("-") else { throw reader.failure("service", "must not begin with \"-\"") }
        variable = try reader.string("variable") ?? "IMAGE"
        guard ProcessVariables.isName(variable) else { throw reader.failure("variable", "must be the name of a variable") }
        files = try reader.templates("files").map(\.text)
        project = try reader.string("project")
        environment = try ProcessVariables.read(reader, "environment")
        // It would win over the file.
        guard environment[variable] == nil else { throw reader.failure("environment", "must not have \(variable): the deployment sets it") }
        image = try reader.image()
        grace = Int64(try reader.int("killAfter", in: 0...600) ?? 10) * 1000
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        guard let docker = ProcessVariables.program("docker") else {
            throw .final("there is no program \"docker\" on the PATH of the hub")
        }
        let image = try run.filled(image)
        let settings = EnvironmentFile(path: folder + "/.env")
        if try await change(run, { () throws(IOError) in try settings.tryOut(variable, image) }) {
            run.output.note("an earlier run was cut off: \(variable) begins as it was before it")
        }
        do throws(TargetFailure) {
            try await compose(docker, ["pull", "--quiet", service], "docker compose pull", run)
            try await checkImage(docker, image, run)
            // --wait: only a service that is healthy counts as deployed.
            try await compose(docker, ["up", "--detach", "--no-deps", "--wait", service], "docker compose up", run)
        } catch {
            try await change(run) { () throws(IOError) in try settings.putBack(variable) }
            throw error
        }
        try await change(run) { () throws(IOError) in try settings.keep(variable) }
        return "service \(service) runs \(image)"
    }

    private func change<T: Sendable>(
        _ run: TargetRun, _ body: @escaping @Sendable () throws(IOError) -> T
    ) async throws(TargetFailure) -> T {
        do throws(IOError) {
            return try await run.services.pool.run(body)
        } catch {
            throw .retryable(error.description)
        }
    }

    private func command(_ docker: String, _ words: [String], _ run: TargetRun) throws(TargetFailure) -> ProcessCommand {
        var variables = ProcessVariables.inherited
        for (name, text) in environment { variables[name] = try text.resolved(run) }
        variables.merge(ProcessVariables.describing(run)) { _, new in new }
        var arguments = ["compose", "--project-directory", folder]
        if let project { arguments += ["--project-name", project] }
        for file in files { arguments += ["--file", file] }
        return ProcessCommand(docker, arguments + words, environment: variables, folder: folder)
    }

    private func compose(_ docker: String, _ words: [String], _ name: String, _ run: TargetRun) async throws(TargetFailure) {
        let command = try command(docker, words, run)
        _ = try await ProcessRun(name: name, command: command, grace: grace).run(run)
    }

    /// That the service takes its image from the variable: else `up` would go well and change nothing.
    private func checkImage(_ docker: String, _ image: String, _ run: TargetRun) async throws(TargetFailure) {
        let output = DeploymentOutput(limit: 64 << 10)
        let command = try command(docker, ["config", "--images", service], run)
        _ = try await ProcessRun(name: "docker compose config", command: command, grace: grace).run(run, into: output)
        let images = String(decoding: output.content(), as: UTF8.self).split(whereSeparator: \.isNewline)
        guard images.contains(where: { $0 == image }) else {
            throw .final(
                "service \(service) does not take its image from the variable: write image: ${\(variable)} for it; it has "
                    + (images.last.map(String.init) ?? "none"))
        }
    }
}

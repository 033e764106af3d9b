import HTTP
import JSON
import OCI

/// Starts GitHub Actions, by `repository_dispatch` (`event`) or `workflow_dispatch` (`workflow` and `ref`):
/// `{"type": "github", "repository": "acme/shop", "workflow": "deploy.yml", "ref": "main", "token": {"secret": "github"}, "wait": true}`.
struct GitHubTarget: TargetKind {
    static let name = "github"
    static let keys = ["repository", "event", "workflow", "ref", "inputs", "token", "url", "wait", "certificateAuthority"]

    private enum Start: Sendable {
        case event(Template)
        case workflow(String, ref: Template, waits: Bool)
    }

    private let url: RemoteURL
    private let owner: String
    private let repository: String
    private let start: Start
    private let inputs: [(name: String, text: SettingText)]?
    private let token: String
    private let authorities: String?

    init(_ reader: SettingsReader) throws(DeploymentError) {
        url = try reader.url("url", default: "https://api.github.com")
        let parts = try reader.required("repository").split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw reader.failure("repository", "must be OWNER/NAME")
        }
        (owner, repository) = (String(parts[0]), String(parts[1]))
        token = try reader.requiredSecret("token")
        let waits = try reader.bool("wait") ?? false
        let workflow = try reader.string("workflow")
        let event = try reader.template("event")
        switch (event, workflow) {
        case (let event?, nil):
            guard !waits else { throw reader.failure("wait", "is for \"workflow\" only: GitHub does not say which run an event starts") }
            if reader.value("ref") != nil { throw reader.failure("ref", "is for \"workflow\" only") }
            start = .event(event)
        case (nil, let workflow?) where !workflow.isEmpty:
            guard let ref = try reader.template("ref") else { throw reader.failure("ref", "is required: the branch or tag with the workflow") }
            start = .workflow(workflow, ref: ref, waits: waits)
        default: throw reader.failure("must have either \"event\" or \"workflow\"")
        }
        inputs = try reader.texts("inputs", limit: workflow == nil ? 10 : 25)
        authorities = try reader.authorities()
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let api = try await RemoteAPI("GitHub", run, fields: [
            ("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28"), try run.bearer(token),
        ], authorities: authorities)
        let values = try inputs?.resolved(run) ?? run.facts
        switch start {
        case .event(let event):
            let body = JSONValue.members(["event_type": .string(try run.filled(event)), "client_payload": .strings(values)])
            _ = try await api.call(.post, url.appending("repos", owner, repository, "dispatches"), .json(body))
            return "GitHub took the event for \(owner)/\(repository)"
        case .workflow(let workflow, let ref, let waits):
            let body = JSONValue.members([
                "ref": .string(try run.filled(ref)), "inputs": .strings(values), "return_run_details": waits ? .bool(true) : nil,
            ])
            let place = url.appending("repos", owner, repository, "actions", "workflows", workflow, "dispatches")
            let answer = try await api.call(.post, place, .json(body))
            guard waits else { return "GitHub took the run of \(workflow) in \(owner)/\(repository)" }
            return try await wait(run, api, answer)
        }
    }

    private func wait(_ run: TargetRun, _ api: RemoteAPI, _ answer: RemoteAnswer) async throws(TargetFailure) -> String {
        guard answer.status == .ok, let id = try answer.json()["workflow_run_id"]?.int else {
            throw .final("this GitHub does not say which run it starts, so it cannot be waited for: set \"wait\" to false")
        }
        let parts = ["repos", owner, repository, "actions", "runs", String(id)]
        let place = url.appending(parts)
        var looks = 0
        let stop: TargetRun.Stop = { () throws(TargetFailure) in
            _ = try await api.afterwards.call(.post, url.appending(parts + ["cancel"]))
        }
        return try await run.poll("run \(id)", stop: stop) { () throws(TargetFailure) in
            let answer = try await api.send(.get, place)
            looks += 1
            // A run that was just started may not be there yet for all of GitHub.
            if answer.status == .notFound, looks <= 5 { return .again("not yet there") }
            guard answer.status.isSuccess else { throw answer.failure }
            let state = try answer.json()
            guard state["status"]?.string == "completed" else { return .again(Self.words(state["status"]?.string)) }
            let conclusion = state["conclusion"]?.string ?? "nothing"
            guard conclusion == "success" else {
                throw .deployment("run \(id) ended with \(conclusion): \(state["html_url"]?.string ?? "")")
            }
            return .done("run \(id) succeeded")
        }
    }

    /// What a run does that is not over.
    private static func words(_ status: String?) -> String {
        status == "waiting" ? "waiting: it goes on when somebody approves it on GitHub (an environment's protection rules)" : status ?? "unknown"
    }
}

extension TargetRun {
    /// What a pipeline is told where its trigger does not say what else.
    var facts: [(name: String, value: String)] {
        [
            ("image", request.image), ("repository", request.repository), ("tag", request.tag ?? ""),
            ("digest", request.digest.description), ("environment", request.environment), ("deployment", request.id),
        ]
    }
}

import HTTP
import JSON

/// Starts a GitLab pipeline by a trigger token:
/// `{"type": "gitlab", "project": "acme/shop", "ref": "main", "token": {"secret": "gitlab-trigger"}, "readToken": {"secret": "gitlab-api"}}`.
/// With a `readToken` it waits for the pipeline's end, and cancels it when nobody waits any more.
struct GitLabTarget: TargetKind {
    static let name = "gitlab"
    static let keys = ["project", "ref", "variables", "token", "readToken", "url", "certificateAuthority"]

    private let url: RemoteURL
    private let project: String
    private let ref: Template
    private let variables: [(name: String, text: SettingText)]?
    private let token: String
    private let readToken: String?
    private let authorities: String?

    init(_ reader: SettingsReader) throws(DeploymentError) {
        url = try reader.url("url", default: "https://gitlab.com")
        project = try reader.required("project")
        guard let ref = try reader.template("ref") else { throw reader.failure("ref", "is required: a branch or tag") }
        self.ref = ref
        variables = try reader.texts("variables")
        token = try reader.requiredSecret("token")
        readToken = try reader.secret("readToken")
        authorities = try reader.authorities()
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let api = try await RemoteAPI("GitLab", run, authorities: authorities)
        var form = [("token", try run.secret(token).text), ("ref", try run.filled(ref))]
        for variable in try variables?.resolved(run) ?? run.facts.map({ (name: $0.name.uppercased(), value: $0.value) }) {
            form.append(("variables[\(variable.name)]", variable.value))
        }
        let place = url.appending("api", "v4", "projects", project, "trigger", "pipeline")
        let pipeline = try await api.call(.post, place, .form(form)).json()
        guard let id = pipeline["id"]?.int else { throw .final("GitLab's answer does not name the pipeline") }
        run.output.note("pipeline \(id): \(pipeline["web_url"]?.string ?? "")")
        guard let readToken else { return "GitLab started pipeline \(id) of \(project)" }
        let access = [("PRIVATE-TOKEN", try run.secret(readToken).text)]
        let parts = ["api", "v4", "projects", project, "pipelines", String(id)]
        let stop: TargetRun.Stop = { () throws(TargetFailure) in
            _ = try await api.afterwards.call(.post, url.appending(parts + ["cancel"]), fields: access)
        }
        return try await run.poll("pipeline \(id)", stop: stop) { () throws(TargetFailure) in
            let place = url.appending(parts)
            let state = try await api.call(.get, place, fields: access).json()["status"]?.string ?? "unknown"
            switch state {
            case "success": return .done("pipeline \(id) of \(project) succeeded")
            case "failed", "canceled", "skipped": throw .deployment("pipeline \(id) of \(project) ended as \(state)")
            case "manual": return .again("manual: it goes on when somebody starts a job of it in GitLab")
            default: return .again(state)
            }
        }
    }
}

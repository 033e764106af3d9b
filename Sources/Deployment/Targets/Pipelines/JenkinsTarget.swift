import Crypto
import HTTP
import JSON

/// Builds a Jenkins job with parameters, and waits for its result:
/// `{"type": "jenkins", "url": "https://jenkins.example.com", "job": "deploy/shop", "user": "signalbox", "token": {"secret": "jenkins"}}`.
struct JenkinsTarget: TargetKind {
    static let name = "jenkins"
    static let keys = ["url", "job", "user", "token", "parameters", "wait", "certificateAuthority"]

    private let url: RemoteURL
    /// Folders and the job's own name.
    private let job: [String]
    private let user: String
    private let token: String
    private let parameters: [(name: String, text: SettingText)]?
    private let waits: Bool
    private let authorities: String?

    init(_ reader: SettingsReader) throws(DeploymentError) {
        url = try reader.url("url")
        let parts = try reader.required("job").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw reader.failure("job", "must be a job's name, after its folders: deploy/shop")
        }
        job = parts.flatMap { ["job", $0] }
        user = try reader.required("user")
        guard !user.contains(":") else { throw reader.failure("user", "must not have a colon") }
        token = try reader.requiredSecret("token")
        parameters = try reader.texts("parameters")
        waits = try reader.bool("wait") ?? true
        authorities = try reader.authorities()
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let credentials = Base64.encode(Array("\(user):\(try run.secret(token).text)".utf8))
        run.output.hide([Secret(credentials)])
        let api = try await RemoteAPI("Jenkins", run, fields: [("Authorization", "Basic \(credentials)")], authorities: authorities)
        let values = try parameters?.resolved(run) ?? run.facts.map { (name: $0.name.uppercased(), value: $0.value) }
        let answer = try await api.call(
            .post, url.appending(job + ["buildWithParameters"]), .form(values), fields: try await crumb(api))
        guard let item = Self.queueItem(answer.headers[.location]) else {
            throw .final("Jenkins' answer does not name the item of its queue")
        }
        guard waits else { return "Jenkins queued the build as item \(item)" }
        let build = try await number(of: item, run, api)
        return try await result(of: build, run, api)
    }

    /// What protects against forged requests, where Jenkins asks for it: it belongs to the session that it came with.
    private func crumb(_ api: RemoteAPI) async throws(TargetFailure) -> [(name: String, value: String)] {
        let answer = try await api.send(.get, url.appending("crumbIssuer", "api", "json"))
        if answer.status == .notFound { return [] }
        guard answer.status.isSuccess else { throw answer.failure }
        let json = try answer.json()
        guard let field = json["crumbRequestField"]?.string, let crumb = json["crumb"]?.string else { return [] }
        let cookies = answer.headers.values(of: .setCookie).compactMap { $0.split(separator: ";").first.map(String.init) }
        return [(field, crumb)] + (cookies.isEmpty ? [] : [("Cookie", cookies.joined(separator: "; "))])
    }

    /// The number at the end of `https://jenkins.example.com/queue/item/42/`. Its host is what Jenkins believes to be its
    /// own, which may be another than the one that is reached here.
    private static func queueItem(_ location: String?) -> Int64? {
        guard let parts = location?.split(separator: "/"), parts.dropLast().suffix(2) == ["queue", "item"] else { return nil }
        return parts.last.flatMap { Int64($0) }
    }

    /// Waits until the item has become a build.
    private func number(of item: Int64, _ run: TargetRun, _ api: RemoteAPI) async throws(TargetFailure) -> Int64 {
        var number: Int64 = 0
        _ = try await run.poll("queue item \(item)") { () throws(TargetFailure) in
            let state = try await api.call(.get, url.appending("queue", "item", String(item), "api", "json")).json()
            if state["cancelled"]?.bool == true { throw .deployment("queue item \(item) was cancelled") }
            guard let build = state["executable"]?["number"]?.int else { return .again(state["why"]?.string ?? "waiting") }
            number = build
            return .done("build \(build)")
        }
        return number
    }

    private func result(of build: Int64, _ run: TargetRun, _ api: RemoteAPI) async throws(TargetFailure) -> String {
        try await run.poll("build \(build)") { () throws(TargetFailure) in
            let state = try await api.call(.get, url.appending(job + [String(build), "api", "json"])).json()
            guard state["building"]?.bool == false, let result = state["result"]?.string else { return .again("building") }
            guard result == "SUCCESS" else { throw .deployment("build \(build) ended as \(result)") }
            return .done("build \(build) succeeded")
        }
    }
}

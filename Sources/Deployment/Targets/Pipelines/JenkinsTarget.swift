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
        let stop: TargetRun.Stop = { () throws(TargetFailure) in try await cancel(item, api.afterwards) }
        _ = try await run.poll("queue item \(item)", stop: stop) { () throws(TargetFailure) in
            let answer = try await api.send(.get, place(of: item))
            // Jenkins forgets an item five minutes after it has left the queue, and an outage may be longer.
            if answer.status == .notFound {
                guard let build = try await build(of: item, api) else {
                    throw .deployment("Jenkins knows neither queue item \(item) any more nor a build that came of it")
                }
                number = build
                return .done("build \(build)")
            }
            guard answer.status.isSuccess else { throw answer.failure }
            let state = try answer.json()
            if state["cancelled"]?.bool == true { throw .deployment("queue item \(item) was cancelled") }
            guard let build = Self.build(in: state) else { return .again(state["why"]?.string ?? "waiting") }
            number = build
            return .done("build \(build)")
        }
        return number
    }

    private func place(of item: Int64) -> HTTPURL { url.appending("queue", "item", String(item), "api", "json") }

    private static func build(in item: JSONValue) -> Int64? { item["executable"]?["number"]?.int }

    /// Among the last hundred builds, which are all that Jenkins lists at once, the one that came of an item of the queue.
    private func build(of item: Int64, _ api: RemoteAPI) async throws(TargetFailure) -> Int64? {
        let place = url.appending(job + ["api", "json"], query: [("tree", "builds[number,queueId]")])
        let builds = try await api.call(.get, place).json()["builds"]?.array ?? []
        return builds.filter { $0["queueId"]?.int == item }.compactMap { $0["number"]?.int }.max()
    }

    private func result(of build: Int64, _ run: TargetRun, _ api: RemoteAPI) async throws(TargetFailure) -> String {
        let stop: TargetRun.Stop = { () throws(TargetFailure) in try await self.stop(build, api.afterwards) }
        return try await run.poll("build \(build)", stop: stop) { () throws(TargetFailure) in
            let state = try await api.call(.get, url.appending(job + [String(build), "api", "json"])).json()
            guard state["building"]?.bool == false, let result = state["result"]?.string else { return .again("building") }
            guard result == "SUCCESS" else { throw .deployment("build \(build) ended as \(result)") }
            return .done("build \(build) succeeded")
        }
    }

    /// Takes an item out of the queue, or stops the build that has come of it meanwhile.
    private func cancel(_ item: Int64, _ api: RemoteAPI) async throws(TargetFailure) {
        let answer = try await api.send(
            .post, url.appending("queue", "cancelItem", query: [("id", String(item))]), fields: try await crumb(api))
        // Before 2.212 it was 404 whatever had come of it (JENKINS-21311), and is still where the item has left the queue.
        guard answer.isTaken || answer.status == .notFound else { throw answer.failure }
        let state = try await api.send(.get, place(of: item))
        let left = state.status == .notFound ? try await build(of: item, api) : Self.build(in: try state.json())
        if let build = left { try await stop(build, api) }
    }

    private func stop(_ build: Int64, _ api: RemoteAPI) async throws(TargetFailure) {
        let answer = try await api.send(.post, url.appending(job + [String(build), "stop"]), fields: try await crumb(api))
        guard answer.isTaken else { throw answer.failure }
    }
}

extension RemoteAnswer {
    /// Jenkins answers what was done for a page with a redirect to it.
    fileprivate var isTaken: Bool { status.isSuccess || (300..<400).contains(status.code) }
}

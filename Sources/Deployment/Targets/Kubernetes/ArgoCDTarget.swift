import HTTP
import JSON

/// Syncs an Argo CD application, after setting its image where that is asked for, and waits until it is healthy:
/// `{"type": "argocd", "url": "https://argocd.example.com", "application": "shop", "kustomizeImage": "registry.example.com/shop",
/// "token": {"secret": "argocd"}}`.
struct ArgoCDTarget: TargetKind {
    static let name = "argocd"
    static let keys = [
        "url", "application", "applicationNamespace", "project", "kustomizeImage", "helmParameter", "image", "revision", "prune",
        "token", "certificateAuthority",
    ]

    private let url: RemoteURL
    private let application: String
    private let applicationNamespace: String?
    private let project: String?
    private let setter: ArgoCDImage?
    private let image: Template
    private let revision: Template?
    private let prunes: Bool
    private let token: String
    private let authorities: String?

    init(_ reader: SettingsReader) throws(DeploymentError) {
        url = try reader.url("url")
        application = try reader.required("application")
        applicationNamespace = try reader.string("applicationNamespace")
        project = try reader.string("project")
        switch (try reader.string("kustomizeImage"), try reader.string("helmParameter")) {
        case (let name?, nil) where !name.isEmpty: setter = .kustomize(name)
        case (nil, let parameter?) where !parameter.isEmpty: setter = .helm(parameter)
        case (nil, nil): setter = nil
        default: throw reader.failure("must have at most one of \"kustomizeImage\" and \"helmParameter\", and not empty")
        }
        image = try reader.image()
        revision = try reader.template("revision")
        prunes = try reader.bool("prune") ?? false
        token = try reader.requiredSecret("token")
        authorities = try reader.authorities()
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let api = try await RemoteAPI("Argo CD", run, fields: [try run.bearer(token)], authorities: authorities)
        let image = try run.filled(image)
        if let setter { try await set(setter, image, api) }
        // The operation carries this, so that it is told from one that somebody else starts.
        let mark = "\(run.request.id)/\(run.request.attempt)"
        var revision: JSONValue?
        if let template = self.revision { revision = .string(try run.filled(template)) }
        let body = JSONValue.members([
            "name": .string(application), "appNamespace": applicationNamespace.map { .string($0) },
            "project": project.map { .string($0) }, "revision": revision, "prune": .bool(prunes),
            "infos": .array([.members(["name": .string("signalbox"), "value": .string(mark)])]),
        ])
        let operation = Operation(mark: mark, former: try await begin(.json(body), api, run))
        return try await run.poll("application \(application)") { () throws(TargetFailure) in
            var state = try await api.call(.get, place()).json()
            // Where nothing has changed, Argo CD may take minutes to look by itself.
            if operation.last(state)?["phase"]?.string == "Succeeded", !wasLookedAt(state) {
                state = try await api.call(.get, place(refreshed: true)).json()
            }
            // Before the operation, what is read may be older than the change of the image.
            if operation.last(state) != nil, let setter, try setter.patch(image, of: state) != nil {
                throw .deployment("application \(application) no longer has \(image): somebody else has changed it")
            }
            return try step(state, operation)
        }
    }

    /// Asks for the sync when no other operation is under way: an application that syncs by itself begins one as soon as its image is set.
    /// - Returns: when the operation before it began, if there was one.
    private func begin(_ body: RemoteAPI.Body, _ api: RemoteAPI, _ run: TargetRun) async throws(TargetFailure) -> Int? {
        var former: Int?
        let place = url.appending("api", "v1", "applications", application, "sync")
        _ = try await run.poll("the sync of \(application)") { () throws(TargetFailure) in
            do throws(TargetFailure) {
                let answer = try await api.send(.post, place, body)
                // gRPC's FailedPrecondition is told as 400.
                if answer.message?.contains("another operation is already in progress") ?? false {
                    return .again("another operation is in progress")
                }
                run.output.note("\(answer.request): \(answer.status)")
                guard answer.status.isSuccess else { throw answer.failure }
                former = (try? answer.json()).flatMap { Self.time($0, "/status/operationState/startedAt") }
                return .done("begun")
            } catch {
                throw error.ending
            }
        }
        return former
    }

    /// - Parameter refreshed: the answer waits until Argo CD has looked at the application anew.
    private func place(refreshed: Bool = false) -> HTTPURL {
        var query: [(name: String, value: String)] = []
        if let applicationNamespace { query.append(("appNamespace", applicationNamespace)) }
        if let project { query.append(("project", project)) }
        if refreshed { query.append(("refresh", "normal")) }
        return url.appending("api", "v1", "applications", application, query: query)
    }

    /// The image stands in a list with others, and a merge patch replaces lists whole: so it is read first.
    private func set(_ setter: ArgoCDImage, _ image: String, _ api: RemoteAPI) async throws(TargetFailure) {
        let current = try await api.call(.get, place()).json()
        guard let patch = try setter.patch(image, of: current) else { return }
        let body = JSONValue.members([
            "name": .string(application), "appNamespace": applicationNamespace.map { .string($0) },
            "project": project.map { .string($0) },
            "patch": .string(String(decoding: patch.encoded, as: UTF8.self)), "patchType": .string("merge"),
        ])
        _ = try await api.call(.patch, url.appending("api", "v1", "applications", application), .json(body))
    }

    private func step(_ state: JSONValue, _ operation: Operation) throws(TargetFailure) -> PollStep {
        guard let last = operation.last(state) else {
            return .again("waiting for the operation to begin")
        }
        let phase = last["phase"]?.string ?? "Unknown"
        switch phase {
        case "Succeeded": break
        case "Failed", "Error": throw .deployment("the sync of \(application) ended as \(phase): \(last["message"]?.string ?? "")")
        default:
            let words = last["message"]?.string.map { ": \($0)" } ?? ""
            return .again("the sync is \(phase)\(words)")
        }
        guard wasLookedAt(state) else { return .again("synced; not looked at since") }
        let health = state.value(at: "/status/health/status")?.string ?? "Unknown"
        let sync = state.value(at: "/status/sync/status")?.string ?? "Unknown"
        // As a paused rollout or a paused deployment is: somebody may be about to look at what runs.
        if health == "Suspended" { return .again("synced; health Suspended: it goes on when somebody resumes what is paused in it") }
        // Degraded may pass, as it does for `argocd app wait`; if it does not, the time that the trigger gives runs out.
        guard health == "Healthy", sync == "Synced" else { return .again("synced; health \(health), status \(sync)") }
        return .done("application \(application) is synced and healthy")
    }

    /// Operations and looks at the cluster go side by side: health and status that are older than the end of the operation tell what
    /// was there before it (`argocd app wait` heeds that too).
    private func wasLookedAt(_ state: JSONValue) -> Bool {
        guard let end = Self.time(state, "/status/operationState/finishedAt"), let look = Self.time(state, "/status/reconciledAt") else { return false }
        return look >= end
    }

    /// Seconds, as precise as Argo CD tells them.
    private static func time(_ state: JSONValue, _ pointer: String) -> Int? {
        guard let time = state.value(at: pointer)?.string.flatMap({ WrittenTime($0) }), let offset = time.offset else { return nil }
        return time.wall - offset
    }

    /// The operation that was asked for.
    private struct Operation {
        /// What it carries.
        let mark: String
        /// When the one before it began; nil where that is not known.
        let former: Int?

        /// As it is or ended; or a later one, such as an application's own that heals itself: what the application is after that is
        /// what counts, and Argo CD remembers the last one alone.
        func last(_ state: JSONValue) -> JSONValue? {
            guard state["operation"] == nil, let last = state.value(at: "/status/operationState") else { return nil }
            let isOurs = (last.value(at: "/operation/info")?.array ?? []).contains {
                $0["name"]?.string == "signalbox" && $0["value"]?.string == mark
            }
            guard !isOurs else { return last }
            guard let former, let begin = ArgoCDTarget.time(last, "/startedAt"), begin > former else { return nil }
            return last
        }
    }
}

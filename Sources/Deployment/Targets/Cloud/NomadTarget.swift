import HTTP
import JSON

/// Sets the image of a Nomad job's task, runs the job and watches the deployment:
/// `{"type": "nomad", "url": "http://nomad.service.consul:4646", "job": "shop", "group": "web", "task": "app", "token": {"secret": "nomad"}}`.
struct NomadTarget: TargetKind {
    static let name = "nomad"
    static let keys = ["url", "namespace", "region", "job", "group", "task", "image", "token", "wait", "certificateAuthority"]

    private let url: RemoteURL
    private let job: String
    private let group: String?
    private let task: String
    private let image: Template
    private let token: String?
    private let place: [(name: String, value: String)]
    private let waits: Bool
    private let authorities: String?

    init(_ reader: SettingsReader) throws(DeploymentError) {
        url = try reader.url("url")
        job = try reader.required("job")
        group = try reader.string("group")
        task = try reader.required("task")
        image = try reader.image()
        token = try reader.secret("token")
        var place: [(name: String, value: String)] = []
        for key in ["namespace", "region"] {
            if let value = try reader.string(key) { place.append((key, value)) }
        }
        self.place = place
        waits = try reader.bool("wait") ?? true
        authorities = try reader.authorities()
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let access = try token.map { (name) throws(TargetFailure) in ("X-Nomad-Token", try run.secret(name).text) }
        let api = try await RemoteAPI("Nomad", run, fields: access.map { [$0] } ?? [], authorities: authorities)
        let image = try run.filled(image)
        let evaluation = try await register(image, api, run)
        guard waits, let evaluation else { return "job \(job) has \(image)" }
        guard let deployment = try await deployment(of: evaluation, api, run) else {
            return "job \(job) has \(image); its kind has no deployment to watch"
        }
        return try await run.poll("deployment \(deployment)") { () throws(TargetFailure) in
            let state = try await api.call(.get, url.appending("v1", "deployment", deployment, query: place)).json()
            let status = state["Status"]?.string ?? "unknown"
            let words = state["StatusDescription"]?.string ?? ""
            switch status {
            case "successful": return .done("deployment \(deployment) of job \(job) is successful")
            case "failed", "cancelled": throw .deployment("deployment \(deployment) of job \(job) is \(status): \(words)")
            default: return .again(Self.awaited(in: state).map { "\(status): \($0) \(deployment)" } ?? "\(status): \(words)")
            }
        }
    }

    /// What somebody has to do, with the deployment's id behind it, before it goes on; nil where that is nothing.
    private static func awaited(in deployment: JSONValue) -> String? {
        if deployment["Status"]?.string == "paused" { return "it goes on when somebody resumes it: nomad deployment resume" }
        let groups = deployment["TaskGroups"]?.object?.members.filter { member in
            let canaries = member.value["DesiredCanaries"]?.int ?? 0
            return canaries > 0 && member.value["Promoted"]?.bool != true && member.value["AutoPromote"]?.bool != true
        } ?? []
        guard !groups.isEmpty else { return nil }
        return "group \(groups.map(\.key).joined(separator: ", ")) has canaries without auto_promote, and goes on when somebody promotes them: nomad deployment promote"
    }

    /// Registers the changed job; the id of its evaluation, which a periodic or parameterized job does not have.
    private func register(_ image: String, _ api: RemoteAPI, _ run: TargetRun) async throws(TargetFailure) -> String? {
        // Somebody may change the job between reading and writing it: then it is read anew.
        for _ in 0..<5 {
            let current = try await api.call(.get, url.appending("v1", "job", job, query: place)).json()
            // Registered as it was read, it would stay so, and nothing would run.
            guard current["Stop"]?.bool != true else { throw .final("job \(job) is stopped: start it first (nomad job run), it was left as it is") }
            let setter = JobImage(group: group, task: task, image: image)
            var changed = try setter.set(in: current)
            // Of a version whose deployment failed, Nomad begins nothing anew by itself, as nothing changes.
            if changed == current, try await hasFailed(api) {
                run.output.note("job \(job) has the image, and its deployment failed: beginning anew")
                changed = try setter.set(in: current, mark: "\(run.request.id)/\(run.request.attempt)")
            }
            try await plan(changed, api)
            let body = JSONValue.members([
                "Job": changed, "EnforceIndex": .bool(true), "JobModifyIndex": current["JobModifyIndex"] ?? .int(0),
            ])
            let answer = try await api.send(.post, url.appending("v1", "jobs", query: place), .json(body))
            run.output.note("\(answer.request): \(answer.status)")
            if answer.status.isSuccess {
                return Self.id(try answer.json()["EvalID"])
            }
            guard Self.isConflict(answer) else { throw answer.failure }
            run.output.note("job \(job) was changed meanwhile: reading it anew")
        }
        throw .retryable("job \(job) is changed by somebody else again and again")
    }

    /// Whether the job's last deployment did; there may be none.
    private func hasFailed(_ api: RemoteAPI) async throws(TargetFailure) -> Bool {
        let answer = try await api.send(.get, url.appending("v1", "job", job, "deployment", query: place))
        if answer.status == .notFound { return false }
        guard answer.status.isSuccess else { throw answer.failure }
        return try answer.json()["Status"]?.string == "failed"
    }

    private static func isConflict(_ answer: RemoteAnswer) -> Bool {
        String(decoding: answer.content.prefix(4096), as: UTF8.self).contains("Enforcing job modify index")
    }

    /// Asks whether the job can be placed before anything is changed.
    private func plan(_ job: JSONValue, _ api: RemoteAPI) async throws(TargetFailure) {
        let body = JSONValue.members(["Job": job, "Diff": .bool(false)])
        let plan = try await api.call(.post, url.appending("v1", "job", self.job, "plan", query: place), .json(body)).json()
        let failed = plan["FailedTGAllocs"]?.object?.members.map(\.key) ?? []
        guard failed.isEmpty else {
            throw .retryable("job \(self.job) cannot be placed now (group \(failed.joined(separator: ", "))): it was left as it is")
        }
    }

    private func deployment(of evaluation: String, _ api: RemoteAPI, _ run: TargetRun) async throws(TargetFailure) -> String? {
        var (current, deployment): (String, String?) = (evaluation, nil)
        _ = try await run.poll("evaluation \(evaluation)") { () throws(TargetFailure) in
            let state = try await api.call(.get, url.appending("v1", "evaluation", current, query: place)).json()
            switch state["Status"]?.string ?? "unknown" {
            case "complete":
                deployment = Self.id(state["DeploymentID"])
                // What finds no room is left to another evaluation, which waits until there is some. A deployment tells of that itself.
                guard deployment == nil, let blocked = Self.id(state["BlockedEval"]) else { return .done("complete") }
                current = blocked
                let groups = state["FailedTGAllocs"]?.object?.members.map(\.key) ?? []
                return .again("blocked: there is no room for group \(groups.joined(separator: ", "))")
            case "failed", "canceled", "cancelled":
                throw .deployment("evaluation \(current): \(state["StatusDescription"]?.string ?? "failed")")
            case let status: return .again(status)
            }
        }
        return deployment
    }

    private static func id(_ value: JSONValue?) -> String? { value?.string.flatMap { $0.isEmpty ? nil : $0 } }
}

/// Where in a job the image stands.
struct JobImage: Sendable {
    let group: String?
    let task: String
    let image: String

    /// - Parameter mark: goes into the task's `Meta`, so that the job is a new version though the image is the same.
    func set(in job: JSONValue, mark: String? = nil) throws(TargetFailure) -> JSONValue {
        guard var changed = job.object, var groups = job["TaskGroups"]?.array else { throw .final("Nomad's answer is no job") }
        var found = 0
        for (place, candidate) in groups.enumerated() where group == nil || candidate["Name"]?.string == group {
            guard var changedGroup = candidate.object, var tasks = candidate["Tasks"]?.array else { continue }
            for (index, element) in tasks.enumerated() where element["Name"]?.string == task {
                guard var changedTask = element.object, var config = element["Config"]?.object else { continue }
                guard config["image"] != nil else { throw .final("task \(task) has no image: its driver is no container's") }
                config["image"] = .string(image)
                changedTask["Config"] = .object(config)
                if let mark {
                    var meta = element["Meta"]?.object ?? JSONObject()
                    meta["signalbox"] = .string(mark)
                    changedTask["Meta"] = .object(meta)
                }
                tasks[index] = .object(changedTask)
                found += 1
            }
            changedGroup["Tasks"] = .array(tasks)
            groups[place] = .object(changedGroup)
        }
        guard found == 1 else {
            let within = group.map { " in group \($0)" } ?? ""
            throw .final(found == 0 ? "the job has no task \(task)\(within)" : "\(found) groups have a task \(task): say which by \"group\"")
        }
        changed["TaskGroups"] = .array(groups)
        return .object(changed)
    }
}

import Audit
import Deployment
import EventLog
import Events
import HTTP
import IO
import JSON
import OCI
import Registry

extension ManagementAPI {
    func listTriggers() async -> Response {
        let views = await services.deployments.triggers()
        return json(.ok) { json in
            json.beginObject()
            json.key("triggers")
            json.beginArray()
            for view in views { DeploymentJSON.write(view, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    func showTrigger(_ name: String) async throws -> Response {
        let view = try await trigger(name)
        return json(.ok) { DeploymentJSON.write(view, to: &$0) }
    }

    private func trigger(_ name: String) async throws -> TriggerView {
        guard let view = await services.deployments.trigger(name) else { throw Problem(DeploymentError.unknownTrigger(name)) }
        return view
    }

    private func uncheckedTrigger(_ name: String) throws -> TriggerView {
        guard let view = services.deployments.uncheckedTrigger(name) else { throw Problem(DeploymentError.unknownTrigger(name)) }
        return view
    }

    /// With `?dryRun=true` nothing is made: the trigger is checked, and told what it would have done with the last events.
    func addTrigger(_ request: Request, _ body: RequestBody) async throws -> Response {
        let dryRun = try DryRunQuery(request)
        let trigger = try Trigger(try await value(request, body))
        if dryRun.isDryRun {
            try await services.deployments.check(trigger)
            return try await explain(trigger, lastEvents: dryRun.last, problems: await services.deployments.problems(ofNew: trigger))
        }
        try await services.deployments.create(trigger, context: request.context())
        let view = try await self.trigger(trigger.name)
        let location = HeaderBuilder([.location: "/api/v1/triggers/\(trigger.name)"])
        return json(.created, location) { DeploymentJSON.write(view, to: &$0) }
    }

    func changeTrigger(_ name: String, _ request: Request, _ body: RequestBody) async throws -> Response {
        _ = try uncheckedTrigger(name)
        let trigger = try Trigger(try await value(request, body), name: name)
        try await services.deployments.update(trigger, context: request.context())
        return try await showTrigger(name)
    }

    func removeTrigger(_ name: String, _ request: Request) async throws -> Response {
        try await services.deployments.delete(trigger: name, context: request.context())
        return Response(.noContent)
    }

    func setPaused(_ isPaused: Bool, _ name: String, _ request: Request) async throws -> Response {
        try await services.deployments.setPaused(isPaused, trigger: name, context: request.context())
        return try await showTrigger(name)
    }

    /// What `object` reads, as a value: the trigger's own reader knows the keys.
    private func value(_ request: Request, _ body: RequestBody) async throws -> JSONValue {
        .object(try await object(request, body, keys: Trigger.keys).members)
    }

    // MARK: Dry runs

    private struct DryRunQuery {
        var isDryRun = false
        var last = 100

        init(_ request: Request) throws(Problem) {
            for item in request.head.queryItems {
                switch item.name {
                case "dryRun":
                    guard ["true", "false"].contains(item.value) else { throw Problem.parameter(item, "must be true or false") }
                    isDryRun = item.value == "true"
                case "last":
                    guard let count = Int(item.value), (1...1000).contains(count) else {
                        throw Problem.parameter(item, "must be a whole number from 1 to 1000")
                    }
                    last = count
                default: throw Problem.parameter(item, "is not a known parameter; allowed: dryRun, last")
                }
            }
        }
    }

    /// What the trigger would do with an image, an event of the log, or the last ones.
    func dryRun(_ name: String, _ request: Request, _ body: RequestBody) async throws -> Response {
        let view = try uncheckedTrigger(name)
        guard let trigger = view.trigger else {
            throw Problem(.conflict, "conflict", "trigger \(name) takes no pushes: \(view.problems.joined(separator: "; "))")
        }
        let questions = ["image", "event", "last"]
        let reader = try await object(request, body, keys: questions)
        let asked = questions.filter { reader.value($0) != nil }
        if asked.count > 1 {
            throw reader.failure(asked[1], "cannot be asked together with \"\(asked[0])\": give one of \"image\", \"event\" and \"last\"")
        }
        if let image = try reader.string("image") {
            let offer = try await offer(image, reader)
            return answer(explained(trigger, offer, await services.deployments.obstacle(of: trigger)))
        }
        if let text = try reader.string("event") {
            let log = services.log
            guard let sequence = UInt64(text), sequence > 0,
                let record = try await services.pool.run({ () throws(LogError) in try log.record(at: sequence) }),
                let offer = Offer(sequence: record.sequence, time: record.time, body: record.body)
            else { throw reader.failure("event", "must be the sequence of an event io.signalbox.image.pushed") }
            return answer(explained(trigger, offer, await services.deployments.obstacle(of: trigger)))
        }
        guard let last = try reader.int("last", in: 1...1000) else { throw reader.failure("image", "is required, or \"event\", or \"last\"") }
        return try await explain(trigger, lastEvents: last)
    }

    private func explain(_ trigger: Trigger, lastEvents count: Int, problems: [String] = []) async throws -> Response {
        // A push without a tag, such as that of a scan report, is never meant, and must not take the place of one that may be.
        let offers = try await pushes([(.tag, "*")], limit: count)
        let obstacle = await services.deployments.obstacle(of: trigger)
        return json(.ok) { json in
            json.beginObject()
            json.key("results")
            json.beginArray()
            for offer in offers { DeploymentJSON.write(explained(trigger, offer, obstacle), sequence: offer.sequence, to: &json) }
            json.endArray()
            if !problems.isEmpty { DeploymentJSON.list("problems", problems, to: &json) }
            json.endObject()
        }
    }

    private func answer(_ explanation: Explanation) -> Response {
        json(.ok) { DeploymentJSON.write(explanation, sequence: nil, to: &$0) }
    }

    private func explained(_ trigger: Trigger, _ offer: Offer, _ obstacle: String?) -> Explanation {
        services.deployments.explain(
            trigger, offer.change, event: offer.body, sequence: offer.sequence, time: offer.time, actor: offer.actor, obstacle: obstacle)
    }

    /// The newest pushes that are meant, newest first.
    private func pushes(_ conditions: [(field: EventFilter.Field, value: String)], limit: Int) async throws -> [Offer] {
        var search = EventSearch()
        search.filter = try EventFilter(conditions + [(.type, EventType.imagePushed.rawValue)])
        search.limit = limit
        let (audit, asked) = (services.audit, search)
        let page = try await services.questions.run { () throws(LogError) in try audit.page(asked) }
        return page.events.compactMap { Offer(sequence: $0.sequence, time: $0.time, body: $0.body) }
    }

    /// `repository:tag[@digest]`: what the tag is, or, of a digest that was not pushed there yet, what a push of it now would be.
    private func offer(_ image: String, _ reader: ObjectReader) async throws -> Offer {
        guard let name = ImageName(image) else {
            throw reader.failure("image", "must be REPOSITORY:TAG or REPOSITORY:TAG@DIGEST, not \"\(image)\"")
        }
        guard let digest = name.digest ?? (try? services.registry.entry(.tag(name.tag), in: name.repository))?.digest else {
            throw Problem(
                .notFound, "not-found",
                "there is no tag \(name.tag) in \(name.repository): push it first, or say which digest it would have "
                    + "(\(name.repository):\(name.tag)@sha256:...)", pointer: "/image")
        }
        let conditions: [(field: EventFilter.Field, value: String)] = [
            (.repository, name.repository.text), (.tag, name.tag.text), (.digest, digest.description),
        ]
        if let offer = try await pushes(conditions, limit: 1).first { return offer.asNew }
        return Offer(imagined: name, digest, host: services.host)
    }
}

import JSON
import OCI

extension DeploymentChange {
    /// `repository:tag@digest`, as of the image.
    var eventSubject: String { "\(repository)\(tag.map { ":\($0)" } ?? "")@\(digest)" }

    func encode(into writer: inout JSONWriter) {
        writer.key("deployment")
        writer.beginObject()
        writer.member("id", id)
        writer.member("trigger", trigger)
        writer.member("environment", environment)
        encodeStep(into: &writer)
        writer.endObject()
        writer.member("repository", repository.text)
        writer.member("tag", ifPresent: tag)
        writer.member("digest", digest.description)
    }

    private func encodeStep(into writer: inout JSONWriter) {
        switch step {
        case .created(let creation): creation.encode(into: &writer)
        case .waiting(let reasons):
            writer.strings("waitingFor", reasons.gates)
            writer.member("reason", reasons.reason)
        case .ready, .retried: break
        case .approved(let approval), .rejected(let approval): approval.encode(into: &writer)
        case .started(let attempt, let definition, let target):
            writer.member("attempt", attempt)
            writer.member("definition", ifPresent: definition)
            writer.member("target", ifPresent: target)
        case .succeeded(let result): result.encode(into: &writer)
        case .failed(let result, let retryAt):
            result.encode(into: &writer)
            writer.member("retryAt", ifPresent: retryAt.map { Timestamp.text($0) })
        case .superseded(let by, let reason):
            writer.member("by", ifPresent: by)
            writer.member("reason", reason)
        case .cancelled(let reason): writer.member("reason", reason)
        case .interrupted(let attempt, let reason):
            writer.member("attempt", attempt)
            writer.member("reason", reason)
        case .rolledBack(let by): writer.member("by", by)
        }
    }

    init(_ type: EventType, _ data: Fields) throws(EventError) {
        let fields = try data.fields("deployment")
        id = try fields.string("id")
        trigger = try fields.string("trigger")
        environment = try fields.string("environment")
        repository = try data.parsed("repository")
        tag = try data.optionalString("tag")
        digest = try data.parsed("digest")
        step = try Step(type, fields)
    }
}

extension DeploymentChange.Step {
    init(_ type: EventType, _ fields: Fields) throws(EventError) {
        switch type {
        case .deploymentCreated: self = .created(try Creation(fields))
        case .deploymentWaiting:
            self = .waiting(WaitReasons(gates: try fields.strings("waitingFor"), reason: try fields.string("reason")))
        case .deploymentReady: self = .ready
        case .deploymentApproved: self = .approved(try Approval(fields))
        case .deploymentRejected: self = .rejected(try Approval(fields))
        case .deploymentStarted:
            self = .started(
                attempt: try fields.count("attempt"), definition: try fields.optionalString("definition"),
                target: try fields.optionalString("target"))
        case .deploymentSucceeded: self = .succeeded(try RunResult(fields))
        case .deploymentFailed: self = .failed(try RunResult(fields), retryAt: try fields.optionalTime("retryAt"))
        case .deploymentSuperseded:
            self = .superseded(by: try fields.optionalString("by"), reason: try fields.string("reason"))
        case .deploymentCancelled: self = .cancelled(reason: try fields.string("reason"))
        case .deploymentInterrupted:
            self = .interrupted(attempt: try fields.count("attempt"), reason: try fields.string("reason"))
        case .deploymentRetried: self = .retried
        case .deploymentRolledBack: self = .rolledBack(by: try fields.string("by"))
        default: throw EventError(.unknownType, "\(type.rawValue) is not a step of a deployment")
        }
    }
}

extension Creation {
    func encode(into writer: inout JSONWriter) {
        writer.member("kind", kind.rawValue)
        writer.member("reason", reason)
        writer.member("pushed", Timestamp.text(pushed))
        writer.member("event", String(event))
        writer.member("pushedBy", pushedBy)
        writer.member("rollbackOf", ifPresent: rollbackOf)
        writer.member("settingsOf", ifPresent: settingsOf)
    }

    init(_ fields: Fields) throws(EventError) {
        guard let kind = Kind(rawValue: try fields.string("kind")) else { throw fields.wrong("kind", "is not a known kind") }
        self.kind = kind
        reason = try fields.string("reason")
        guard let pushed = try fields.optionalTime("pushed") else { throw fields.wrong("pushed", "is missing") }
        self.pushed = pushed
        event = try fields.parsed("event")
        pushedBy = try fields.string("pushedBy")
        rollbackOf = try fields.optionalString("rollbackOf")
        settingsOf = try fields.optionalString("settingsOf")
    }
}

extension Approval {
    func encode(into writer: inout JSONWriter) {
        writer.member("approver", approver)
        writer.member("verified", isVerified)
        writer.member("definition", definition)
        if revision > 0 { writer.member("revision", String(revision)) }
        writer.member("until", ifPresent: until.map { Timestamp.text($0) })
        writer.member("comment", ifPresent: comment)
    }

    init(_ fields: Fields) throws(EventError) {
        approver = try fields.string("approver")
        isVerified = try fields.bool("verified")
        definition = try fields.string("definition")
        revision = try fields.optionalParsed("revision") ?? 0
        until = try fields.optionalTime("until")
        comment = try fields.optionalString("comment")
    }
}

extension RunResult {
    func encode(into writer: inout JSONWriter) {
        writer.member("attempt", attempt)
        writer.member("reason", reason)
        guard let output else { return }
        writer.key("output")
        writer.beginObject()
        writer.member("size", output.size)
        writer.member("digest", output.digest)
        writer.member("tail", output.tail)
        writer.endObject()
    }

    init(_ fields: Fields) throws(EventError) {
        attempt = try fields.count("attempt")
        reason = try fields.string("reason")
        output = fields.value("output") == nil ? nil : try Output(try fields.fields("output"))
    }
}

extension RunResult.Output {
    fileprivate init(_ fields: Fields) throws(EventError) {
        self.init(size: try fields.size("size"), digest: try fields.string("digest"), tail: try fields.string("tail"))
    }
}

extension Fields {
    /// A number that counts something.
    func count(_ key: String) throws(EventError) -> Int {
        guard let value = Int(exactly: try size(key)) else { throw wrong(key, "is not a count") }
        return value
    }

    func optionalTime(_ key: String) throws(EventError) -> Int64? {
        guard let text = try optionalString(key) else { return nil }
        guard let time = Timestamp.parse(text) else { throw wrong(key, "is not a time") }
        return time
    }
}

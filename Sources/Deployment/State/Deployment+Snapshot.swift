import Events
import JSON
import OCI

extension Deployment {
    func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("trigger", trigger)
        json.member("environment", environment)
        json.member("repository", repository.text)
        json.member("tag", ifPresent: version.tag)
        json.member("digest", version.digest.description)
        json.member("kind", creation.kind.rawValue)
        json.member("why", creation.reason)
        json.member("pushed", creation.pushed)
        json.member("event", creation.event)
        json.member("pushedBy", creation.pushedBy)
        json.member("rollbackOf", ifPresent: creation.rollbackOf)
        json.member("settingsOf", ifPresent: creation.settingsOf)
        json.member("sequence", sequence)
        json.member("createdAt", createdAt)
        encodeProgress(into: &json)
        json.endObject()
    }

    private func encodeProgress(into json: inout JSONWriter) {
        json.member("state", state.rawValue)
        json.member("reason", reason)
        json.key("waitingFor")
        json.beginArray()
        for gate in waitingFor { json.string(gate) }
        json.endArray()
        json.member("attempt", attempt)
        json.member("attemptBase", attemptBase)
        json.member("queuedAt", queuedAt)
        if let retryAt { json.member("retryAt", retryAt) }
        if let startedAt { json.member("startedAt", startedAt) }
        if let endedAt { json.member("endedAt", endedAt) }
        json.key("approvals")
        json.beginArray()
        for approval in approvals {
            json.beginObject()
            json.member("approver", approval.approver)
            json.member("verified", approval.isVerified)
            json.member("definition", approval.definition)
            json.member("revision", approval.revision)
            if let until = approval.until { json.member("until", until) }
            json.member("comment", ifPresent: approval.comment)
            json.endObject()
        }
        json.endArray()
        json.member("definition", ifPresent: settings?.trigger.fingerprint)
        json.member("target", ifPresent: target)
        if let output {
            json.key("output")
            json.beginObject()
            json.member("attempt", output.attempt)
            json.member("size", output.size)
            json.member("digest", output.digest)
            json.endObject()
        }
        json.key("transitions")
        json.beginArray()
        for transition in transitions {
            json.beginObject()
            json.member("step", transition.step)
            json.member("sequence", transition.sequence)
            json.member("time", transition.time)
            json.member("actor", transition.actor)
            json.member("reason", ifPresent: transition.reason)
            json.endObject()
        }
        json.endArray()
    }

    /// - Parameter settings: all that deployments of the snapshot were started with.
    init(_ reader: SnapshotReader, _ settings: [RunSettings.Key: RunSettings]) throws(EventError) {
        guard let kind = Creation.Kind(rawValue: try reader.string("kind")) else { throw SnapshotReader.damaged("kind") }
        let creation = Creation(
            kind: kind, reason: try reader.string("why"), pushed: try reader.int("pushed"), event: try reader.sequence("event"),
            pushedBy: try reader.string("pushedBy"), rollbackOf: try reader.optionalString("rollbackOf"),
            settingsOf: try reader.optionalString("settingsOf"))
        let change = DeploymentChange(
            id: try reader.string("id"), trigger: try reader.string("trigger"), environment: try reader.string("environment"),
            repository: try reader.parsed("repository"), tag: try reader.optionalString("tag"),
            digest: try reader.parsed("digest"), step: .created(creation))
        self.init(change, creation, sequence: try reader.sequence("sequence"), time: try reader.int("createdAt"))
        guard let state = State(rawValue: try reader.string("state")) else { throw SnapshotReader.damaged("state") }
        self.state = state
        reason = try reader.string("reason")
        waitingFor = try reader.strings("waitingFor")
        attempt = try reader.count("attempt")
        attemptBase = try reader.count("attemptBase")
        queuedAt = try reader.int("queuedAt")
        retryAt = try reader.optionalInt("retryAt")
        startedAt = try reader.optionalInt("startedAt")
        endedAt = try reader.optionalInt("endedAt")
        for entry in try reader.list("approvals") {
            approvals.append(
                Approval(
                    approver: try entry.string("approver"), isVerified: try entry.bool("verified"),
                    definition: try entry.string("definition"), revision: try entry.optionalSequence("revision") ?? 0,
                    until: try entry.optionalInt("until"), comment: try entry.optionalString("comment")))
        }
        if let fingerprint = try reader.optionalString("definition") {
            self.settings = settings[RunSettings.Key(name: trigger, fingerprint: fingerprint)]
        }
        target = try reader.optionalString("target") ?? (attempt > 0 ? self.settings?.trigger.target.fingerprint : nil)
        if reader.value("output") != nil {
            let kept = try reader.object("output")
            output = Output(
                attempt: try kept.count("attempt"), size: try kept.int("size"), digest: try kept.string("digest"))
        }
        for entry in try reader.list("transitions") {
            transitions.append(
                Transition(
                    step: try entry.string("step"), sequence: try entry.sequence("sequence"), time: try entry.int("time"),
                    actor: try entry.string("actor"), reason: try entry.optionalString("reason")))
        }
    }
}

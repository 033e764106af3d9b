import Deployment
import Events
import JSON
import OCI

/// Triggers, deployments and environments as the API shows them.
enum DeploymentJSON {
    static func write(_ view: TriggerView, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", view.name)
        for member in view.definition.members {
            json.key(named: member.key)
            json.value(member.value)
        }
        json.member("source", view.isConfigured ? "config" : "api")
        json.member("paused", view.isPaused)
        if view.trigger == nil { json.member("readable", false) }
        json.member("createdAt", ifPresent: view.createdAt.map { Timestamp.text($0) })
        json.member("updatedAt", ifPresent: view.updatedAt.map { Timestamp.text($0) })
        if !view.problems.isEmpty { list("problems", view.problems, to: &json) }
        json.endObject()
    }

    static func write(_ deployment: Deployment, withHistory: Bool, to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", deployment.id)
        json.member("state", deployment.state.rawValue)
        json.member("reason", deployment.reason)
        list("waitingFor", deployment.waitingFor, to: &json)
        json.member("trigger", deployment.trigger)
        json.member("environment", deployment.environment)
        json.member("repository", deployment.repository.text)
        json.member("tag", ifPresent: deployment.version.tag)
        json.member("digest", deployment.version.digest.description)
        json.member("kind", deployment.kind.rawValue)
        json.member("cause", deployment.creation.reason)
        json.member("event", "\(deployment.creation.event)")
        json.member("pushedBy", deployment.creation.pushedBy)
        json.member("rollbackOf", ifPresent: deployment.creation.rollbackOf)
        json.member("attempt", deployment.attempt)
        json.member("sequence", "\(deployment.sequence)")
        json.member("createdAt", Timestamp.text(deployment.createdAt))
        json.member("startedAt", ifPresent: deployment.startedAt.map { Timestamp.text($0) })
        json.member("endedAt", ifPresent: deployment.endedAt.map { Timestamp.text($0) })
        // What is over, for whatever reason, is not tried again.
        json.member("retryAt", ifPresent: deployment.state.isLive ? deployment.retryAt.map { Timestamp.text($0) } : nil)
        if let output = deployment.output {
            json.key("output")
            json.beginObject()
            json.member("attempt", output.attempt)
            json.member("size", output.size)
            json.member("digest", output.digest)
            json.endObject()
        }
        if withHistory { writeHistory(deployment, to: &json) }
        json.endObject()
    }

    private static func writeHistory(_ deployment: Deployment, to json: inout JSONWriter) {
        json.key("approvals")
        json.beginArray()
        for approval in deployment.approvals {
            json.beginObject()
            json.member("approver", approval.approver)
            json.member("verified", approval.isVerified)
            json.member("comment", ifPresent: approval.comment)
            json.endObject()
        }
        json.endArray()
        json.key("history")
        json.beginArray()
        for transition in deployment.transitions {
            json.beginObject()
            json.member("step", transition.step)
            json.member("sequence", "\(transition.sequence)")
            json.member("time", Timestamp.text(transition.time))
            json.member("by", transition.actor)
            json.member("reason", ifPresent: transition.reason)
            json.endObject()
        }
        json.endArray()
    }

    static func write(_ view: EnvironmentView, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", view.name)
        list("triggers", view.triggers, to: &json)
        if let pins = view.pins, let last = pins.last { write(pins, last, to: &json) }
        json.key("current")
        json.beginArray()
        for current in view.current {
            let success = current.success
            json.beginObject()
            json.member("repository", current.lane.repository.text)
            json.member("trigger", current.lane.trigger)
            json.member("tag", ifPresent: success.version.tag)
            json.member("digest", success.version.digest.description)
            json.member("deployment", success.deployment)
            json.member("since", Timestamp.text(success.at))
            json.member("failedSince", ifPresent: current.failedSince)
            json.endObject()
        }
        json.endArray()
        list("running", view.running, to: &json)
        list("waiting", view.waiting, to: &json)
        json.endObject()
    }

    private static func write(_ pins: Pins, _ last: Pins.Pin, to json: inout JSONWriter) {
        json.key("pinned")
        json.beginObject()
        write(last, against: pins.digests, to: &json)
        // Where all of the environment is pinned, it makes no difference what else is.
        let isWhole = pins.all.contains { $0.service == nil }
        json.member("whole", isWhole)
        json.key("services")
        json.beginArray()
        for pin in pins.all {
            guard let service = pin.service else { continue }
            json.beginObject()
            json.member("repository", service.repository.text)
            list("triggers", service.triggers.sorted(), to: &json)
            write(pin, against: pin.digests, to: &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    /// Members of an object that is open.
    private static func write(_ pin: Pins.Pin, against digests: [Digest], to json: inout JSONWriter) {
        json.member("reason", pin.reason)
        list("digests", digests.map(\.description), to: &json)
        json.member("since", Timestamp.text(pin.time))
        json.member("by", pin.actor)
    }

    static func write(_ explanation: Explanation, sequence: UInt64?, to json: inout JSONWriter) {
        json.beginObject()
        json.member("image", explanation.image)
        json.member("event", ifPresent: sequence.map { "\($0)" })
        json.member("deploys", explanation.deploys)
        json.member("verdict", explanation.verdict)
        json.key("steps")
        json.beginArray()
        for step in explanation.steps {
            json.beginObject()
            json.member("step", step.name)
            json.member("outcome", step.outcome.rawValue)
            json.member("reason", step.reason)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    static func list(_ key: StaticString, _ values: [String], to json: inout JSONWriter) {
        json.key(key)
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }
}

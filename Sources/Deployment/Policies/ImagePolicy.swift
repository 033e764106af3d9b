package import JSON
import OCI

/// Which tags a trigger is meant for, and which of two images is the newer one.
///
/// Written as `{"semver": "^1.2"}`, `{"newest": true}`, `{"digest": "latest"}`, `"glob:v*"` and so on (docs/policies.md).
package struct ImagePolicy: Sendable, Hashable {
    /// As it was written.
    package let encoded: JSONValue
    let rule: Rule

    enum Rule: Sendable, Hashable {
        /// The image that was pushed last.
        case newest
        /// The tag with this name, whenever it points to something new.
        case digest(String)
    }

    package init(_ json: JSONValue) throws(DeploymentError) {
        encoded = json
        if json == .string("newest") {
            rule = .newest
            return
        }
        guard let members = json.object?.members, members.count == 1, let member = members.first else {
            throw DeploymentError(.invalid, "the policy must be an object such as {\"semver\": \"^1.2\"}", pointer: "")
        }
        switch (member.key, member.value) {
        case ("newest", .bool(true)): rule = .newest
        case ("digest", .string(let tag)): rule = .digest(tag)
        default:
            throw DeploymentError(.invalid, "the policy \"\(member.key)\" is not known", pointer: "/\(member.key)")
        }
    }

    /// Whether the tag is one of those the trigger is for.
    package func admits(_ tag: String) -> PolicyVerdict {
        switch rule {
        case .newest: return .yes("every tag is meant")
        case .digest(let meant):
            return tag == meant ? .yes("\(tag) is the tag that is meant") : .no("\(tag) is not \(meant), the tag that is meant")
        }
    }

    /// Whether `candidate` is to replace `current`, what the trigger deployed last. The same digest never is newer.
    package func isNewer(_ candidate: ImageVersion, than current: ImageVersion?) -> PolicyVerdict {
        guard let current else { return .yes("nothing is deployed yet") }
        guard candidate.digest != current.digest else { return .no("\(candidate.digest) is deployed already") }
        guard candidate.pushed >= current.pushed else {
            return .no("\(candidate.name) was pushed before \(current.name), which is deployed")
        }
        return .yes("\(candidate.name) was pushed after \(current.name), which is deployed")
    }
}

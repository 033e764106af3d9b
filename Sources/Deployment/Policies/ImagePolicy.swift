package import JSON
import OCI

/// Which tags a trigger is meant for, and which of two images is the newer one.
///
/// Written as `{"semver": "^1.2"}`, `{"newest": true}`, `{"digest": "latest"}`, `"glob:v*"` and so on (docs/policies.md).
package struct ImagePolicy: Sendable, Hashable {
    /// As it was written.
    package let encoded: JSONValue
    let order: Order
    let filter: TagFilter?

    /// What makes one image newer than another.
    enum Order: Sendable, Hashable {
        case semantic(SemanticRange)
        case calendar(CalendarFormat)
        case numerical(isDescending: Bool)
        case alphabetical(isDescending: Bool)
        /// The one that was pushed last.
        case newest
        /// As `newest`, for one tag only.
        case digest(String)
        /// As `newest`, for tags that match.
        case glob(TagGlob)
        case expression(Expression)
    }

    package init(_ json: JSONValue) throws(DeploymentError) {
        let parsed = try PolicyParser.parse(json)
        encoded = json
        order = parsed.order
        filter = parsed.filter
    }

    /// Whether the tag is one of those the trigger is for.
    package func admits(_ tag: String) -> PolicyVerdict {
        // Before any expression sees it: time goes with its length.
        guard tag.utf8.count <= Tag.maximumLength else { return .no("a tag has at most \(Tag.maximumLength) bytes") }
        guard let value = value(of: tag) else {
            return .no("\(tag) does not match the filter \(filter?.expression.pattern ?? "")")
        }
        let name = value == tag ? tag : "\(tag), read as \(value.isEmpty ? "nothing" : value),"
        switch order {
        case .semantic(let range):
            guard let version = SemanticVersion(value) else { return .no("\(name) is not a semantic version such as 1.2.3") }
            switch range.answer(version) {
            case .inside: return .yes("\(name) is in the range \(range.text)")
            case .outside: return .no("\(name) is not in the range \(range.text)")
            case .prerelease:
                return .no("\(name) is a pre-release, and the range \(range.text) names none (>=1.2.3-0 would)")
            }
        case .calendar(let format):
            return format.version(value) == nil
                ? .no("\(name) does not follow \(format.text)") : .yes("\(name) follows \(format.text)")
        case .numerical:
            return DecimalNumber(value) == nil ? .no("\(name) is not a number") : .yes("\(name) is a number")
        case .alphabetical where value.isEmpty: return .no("\(name) comes in no order")
        case .alphabetical, .newest:
            return .yes(filter == nil ? "every tag is meant" : "\(tag) matches the filter")
        case .digest(let meant):
            return tag == meant ? .yes("\(tag) is the tag that is meant") : .no("\(tag) is not \(meant), the tag that is meant")
        case .glob(let glob):
            return glob.matches(tag) ? .yes("\(tag) matches \(glob.pattern)") : .no("\(tag) does not match \(glob.pattern)")
        case .expression(let expression):
            return expression.matches(tag)
                ? .yes("\(tag) matches \(expression.pattern)") : .no("\(tag) does not match \(expression.pattern)")
        }
    }

    /// Whether `candidate`, whose tag the policy admits, is to replace `current`, what the trigger deployed last. The same
    /// digest never is newer, nor is another image with the same version. A current image that the policy knows no version of
    /// (it was deployed by hand, or the policy has changed) is no obstacle.
    package func isNewer(_ candidate: ImageVersion, than current: ImageVersion?) -> PolicyVerdict {
        guard let current else { return .yes("nothing is deployed yet") }
        guard candidate.digest != current.digest else {
            return .no("\(candidate.name) is \(candidate.digest), which is deployed already")
        }
        switch order {
        case .newest, .digest, .glob, .expression:
            guard !candidate.wasPushed(before: current) else {
                return .no("\(candidate.name) was pushed before \(current.name), which is deployed")
            }
            return .yes("\(candidate.name) was pushed after \(current.name), which is deployed")
        case .semantic, .calendar, .numerical, .alphabetical:
            return byVersion(candidate, current)
        }
    }

    /// Whether the policy has a say in whether what another trigger deployed is newer: its own range leaves out what is newer
    /// still, so it is not asked; where the order is that of pushes, other tags are other lines of images.
    func orders(_ other: ImageVersion) -> Bool {
        guard let tag = other.tag else { return false }
        if case .semantic = order { return true }
        return admits(tag).isYes
    }

    private func byVersion(_ candidate: ImageVersion, _ current: ImageVersion) -> PolicyVerdict {
        guard let tag = candidate.tag, let value = value(of: tag) else { return .no("\(candidate.name) has no version in this policy") }
        guard let deployed = current.tag, let other = self.value(of: deployed) else {
            return .yes("\(current.name), which is deployed, has no version in this policy")
        }
        switch compare(value, other) {
        case .older?: return .no("\(tag) is older than \(deployed), which is deployed")
        case .newer?: return .yes("\(tag) is newer than \(deployed), which is deployed")
        case .same?:
            let what = tag == deployed ? "\(tag) is deployed already, as another digest" : "\(tag) is the same version as \(deployed), which is deployed"
            return .no("\(what); the policies \"digest\" and \"newest\" go by content")
        case nil:
            guard version(value) != nil else { return .no("\(tag) has no version in this policy") }
            return .yes("\(deployed), which is deployed, has no version in this policy")
        }
    }

    private func value(of tag: String) -> String? {
        guard let filter else { return tag }
        return filter.value(of: tag)
    }
}

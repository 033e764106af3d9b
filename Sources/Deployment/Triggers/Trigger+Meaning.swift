import EventPattern

extension Trigger {
    /// Why it means no image that could ever be pushed, as far as can be told; empty where it may.
    static func contradictions(_ pattern: Pattern, _ policy: ImagePolicy) -> [String] {
        var contradictions: [String] = []
        if let path = pattern.obstacle(pushes) {
            contradictions.append("\"pattern\" matches no push of a tag, as it asks of \(path) what none has: no image is ever meant")
        }
        if let reason = policy.contradiction {
            contradictions.append("\"policy\" means no tag that there can be: \(reason)")
        } else if let tags = pattern.texts(of: "data.tag"), let tag = tags.first, tags.allSatisfy({ !policy.admits($0).isYes }) {
            contradictions.append("\"policy\" means none of the tags that \"pattern\" asks for: \(policy.admits(tag).reason)")
        }
        return contradictions
    }

    /// Of a tag: without one an image is never meant (docs/events.md).
    private static let pushes: Pattern.Fields = {
        let envelope = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence"]
        let always = ["registry", "repository", "tag", "digest", "mediaType", "size", "actor.name", "actor.kind"]
        let data = (TemplateName.members + TemplateName.lists).map { "data." + $0 }
        return Pattern.Fields(
            known: Set(envelope + data), present: Set(envelope + always.map { "data." + $0 }),
            constants: ["type": "io.signalbox.image.pushed", "specversion": "1.0", "datacontenttype": "application/json"])
    }()
}

extension ImagePolicy {
    /// Why it admits no tag at all, as far as can be told; nil where it may.
    var contradiction: String? {
        if let filter, !filter.expression.matchesSomeTag { return "no tag matches the filter \(filter.expression.pattern)" }
        switch order {
        case .semantic(let range) where range.isEmpty: return "no version is in the range \(range.text)"
        case .glob(let glob) where !glob.expression.matchesSomeTag: return "no tag matches \(glob.pattern)"
        case .expression(let expression) where !expression.matchesSomeTag: return "no tag matches \(expression.pattern)"
        default: return nil
        }
    }
}

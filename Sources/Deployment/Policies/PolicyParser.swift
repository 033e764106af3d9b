import JSON
import OCI

/// Reads a policy as it is written in a trigger.
enum PolicyParser {
    static func parse(_ json: JSONValue) throws(DeploymentError) -> (order: ImagePolicy.Order, filter: TagFilter?) {
        switch json {
        case .string(let text): return (try order(text), nil)
        case .object(let object): return try parse(object)
        default: throw invalid("a policy is an object or a text, not \(json.kind)")
        }
    }

    private static let kinds = ["semver", "calver", "numerical", "alphabetical", "newest", "digest"]

    private static func invalid(_ message: String, _ pointer: String = "") -> DeploymentError {
        DeploymentError(.invalid, message, pointer: pointer)
    }

    /// The short forms.
    private static func order(_ text: String) throws(DeploymentError) -> ImagePolicy.Order {
        if text == "newest" { return .newest }
        do {
            if text.hasPrefix("glob:") { return .glob(try TagGlob(String(text.dropFirst(5)))) }
            if text.hasPrefix("regex:") { return .expression(try Expression(String(text.dropFirst(6)))) }
        } catch {
            let what = text.hasPrefix("glob:") ? "the glob" : "the regular expression"
            throw invalid("\(what) of the policy is not valid: at byte \(error.offset), \(error.reason)")
        }
        throw invalid("the policy \"\(text.prefix(60))\" is not known; texts are \"newest\", \"glob:PATTERN\" and \"regex:PATTERN\"")
    }

    private static func parse(_ object: JSONObject) throws(DeploymentError) -> (order: ImagePolicy.Order, filter: TagFilter?) {
        for member in object.members where !(kinds + ["filter", "extract"]).contains(member.key) {
            let known = kinds.joined(separator: ", ")
            throw invalid("the policy has no member \"\(member.key.prefix(60))\"; it is one of \(known), and filter, extract", "/\(member.key)")
        }
        let chosen = object.members.filter { kinds.contains($0.key) }
        guard chosen.count == 1, let kind = chosen.first else {
            throw invalid("a policy is exactly one of \(kinds.joined(separator: ", "))")
        }
        let order = try order(kind.key, kind.value)
        let filter = try filter(object)
        if case .digest = order, filter != nil { throw invalid("the policy digest is for one tag, so it takes no filter", "/filter") }
        return (order, filter)
    }

    private static func order(_ kind: String, _ value: JSONValue) throws(DeploymentError) -> ImagePolicy.Order {
        switch kind {
        case "semver":
            let range = try text(kind, value, "a range such as \"^1.2\"")
            do throws(SemanticRange.Invalid) {
                return .semantic(try SemanticRange(range))
            } catch {
                throw invalid("the range of the policy is not valid: \(error.reason)", "/semver")
            }
        case "calver":
            let format = try text(kind, value, "a format such as \"YYYY.0M.MICRO\"")
            do throws(CalendarFormat.Invalid) {
                return .calendar(try CalendarFormat(format))
            } catch {
                throw invalid("the format of the policy is not valid: \(error.reason)", "/calver")
            }
        case "numerical": return .numerical(isDescending: try isDescending(kind, value))
        case "alphabetical": return .alphabetical(isDescending: try isDescending(kind, value))
        case "newest":
            guard value == .bool(true) else { throw invalid("\"newest\" must be true", "/newest") }
            return .newest
        default:
            guard let tag = value.string.flatMap({ Tag($0) }) else { throw invalid("\"digest\" must be a tag such as \"latest\"", "/digest") }
            return .digest(tag.text)
        }
    }

    private static func text(_ kind: String, _ value: JSONValue, _ example: String) throws(DeploymentError) -> String {
        guard let text = value.string else { throw invalid("\"\(kind)\" must be \(example), not \(value.kind)", "/\(kind)") }
        return text
    }

    private static func isDescending(_ kind: String, _ value: JSONValue) throws(DeploymentError) -> Bool {
        switch value {
        case .string("asc"), .bool(true): return false
        case .string("desc"): return true
        default: throw invalid("\"\(kind)\" must be \"asc\" (the greatest is the newest) or \"desc\" (the least is)", "/\(kind)")
        }
    }

    private static func filter(_ object: JSONObject) throws(DeploymentError) -> TagFilter? {
        guard let value = object["filter"] else {
            guard object["extract"] == nil else { throw invalid("\"extract\" needs a \"filter\" whose groups it names", "/extract") }
            return nil
        }
        guard let pattern = value.string else { throw invalid("\"filter\" must be a regular expression, not \(value.kind)", "/filter") }
        if let extract = object["extract"], extract.string == nil {
            throw invalid("\"extract\" must be a text such as \"$version\", not \(extract.kind)", "/extract")
        }
        do {
            return try TagFilter(pattern: pattern, extract: object["extract"]?.string)
        } catch {
            let member = error.isAboutExtract ? "extract" : "filter"
            throw invalid("\"\(member)\" \(error.reason)", "/\(member)")
        }
    }
}

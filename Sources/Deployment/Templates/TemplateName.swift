import JSON
import OCI

/// What may stand between the braces of a template.
enum TemplateName: Sendable, Hashable, CustomStringConvertible {
    case field(Field)
    /// The parts after `data.`: keys of objects, or numbers of elements from 0 on.
    case data([String])

    enum Field: String, Sendable, CaseIterable {
        case registry, repository, tag, digest, image, environment, deployment, trigger
    }

    /// Why it is no name, as a sentence.
    struct Invalid: Error {
        let reason: String
    }

    private static let maximumLength = 256

    init(_ text: Substring) throws(Invalid) {
        let name = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        let shown = String(text.prefix(60))
        guard name.count <= Self.maximumLength else { throw Invalid(reason: "a name in the template is longer than \(Self.maximumLength) bytes") }
        if let field = Field(rawValue: String(name)) {
            self = .field(field)
            return
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count > 1, parts[0] == "data" else {
            let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
            throw Invalid(reason: "{{\(shown)}} is not known; there are \(known) and data.PATH")
        }
        guard parts.allSatisfy(Self.isKey) else {
            throw Invalid(reason: "{{\(shown)}} must be data and keys joined by dots: letters, digits, \"_\" and \"-\"")
        }
        let path = Array(parts.dropFirst())
        guard Self.isThere(path) else {
            throw Invalid(
                reason: "{{\(shown)}} is not in the event of a push; there are "
                    + Self.members.map { "data.\($0)" }.joined(separator: ", ") + ", "
                    + Self.lists.map { "data.\($0).N" }.joined(separator: " and ") + " with N from 0 on")
        }
        self = .data(path)
    }

    /// What `data` of `io.signalbox.image.pushed` can have, which deployments come from (docs/events.md).
    static let members = [
        "registry", "repository", "tag", "digest", "mediaType", "artifactType", "size", "previousDigest", "subject", "actor.name",
        "actor.kind", "request.id", "request.address", "request.userAgent", "request.method",
    ]
    /// Of texts.
    static let lists = ["platforms", "missing"]

    private static func isThere(_ path: [String]) -> Bool {
        if members.contains(path.joined(separator: ".")) { return true }
        guard path.count == 2, lists.contains(path[0]) else { return false }
        return path[1].utf8.count <= 4 && path[1].utf8.allSatisfy { ByteSet.digits.contains($0) }
    }

    private static func isKey(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    var description: String {
        switch self {
        case .field(let field): field.rawValue
        case .data(let path): (["data"] + path).joined(separator: ".")
        }
    }

    /// Nil where the deployment has no such value, or one that is no text, number or boolean.
    func value(in values: TemplateValues) -> String? {
        switch self {
        case .field(.registry): return values.registry
        case .field(.repository): return values.repository
        case .field(.tag): return values.tag
        case .field(.digest): return values.digest.description
        case .field(.image): return values.image
        case .field(.environment): return values.environment
        case .field(.deployment): return values.deployment
        case .field(.trigger): return values.trigger
        case .data(let path): return Self.text(at: path, in: values.event["data"])
        }
    }

    private static func text(at path: [String], in data: JSONValue?) -> String? {
        var value = data
        for key in path {
            switch value {
            case .object(let object): value = object[key]
            case .array(let elements):
                guard let index = Int(key), elements.indices.contains(index) else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        switch value {
        case .string(let text): return text
        case .number(let number): return number.text
        case .bool(let value): return value ? "true" : "false"
        default: return nil
        }
    }
}

import HTTP
import JSON
import OCI

/// What a path below `/v2/` names. A repository's name may itself hold words such as `tags`, so paths are read from their end.
enum DistributionPath: Sendable {
    case base
    case catalog
    case tags(RepositoryName)
    case manifest(RepositoryName, String)
    case blob(RepositoryName, String)
    case uploads(RepositoryName)
    case upload(RepositoryName, String)
    case referrers(RepositoryName, String)

    /// - Throws: `NAME_INVALID` where only the name is wrong; nil where the path is none of the API's.
    init?(_ head: RequestHead) throws(OCIError) {
        var parts: [PathSegment] = []
        parts.reserveCapacity(8)
        for part in head.segments.dropFirst() { parts.append(part) }
        if parts.isEmpty || parts.count == 1 && parts[0] == "" {
            self = .base
            return
        }
        if parts.count == 1, parts[0] == "_catalog" {
            self = .catalog
            return
        }
        if parts.count > 3, parts[parts.count - 1] == "", parts[parts.count - 2] == "uploads" { parts.removeLast() }
        guard parts.count >= 3, let last = parts.popLast(), let kind = parts.popLast() else { return nil }
        switch (kind, last) {
        case ("tags", "list"): self = .tags(try Self.name(parts[...]))
        case ("manifests", _): self = .manifest(try Self.name(parts[...]), last.text)
        case ("referrers", _): self = .referrers(try Self.name(parts[...]), last.text)
        case ("blobs", "uploads"): self = .uploads(try Self.name(parts[...]))
        case ("blobs", _): self = .blob(try Self.name(parts[...]), last.text)
        case ("uploads", _):
            guard parts.count > 1, let before = parts.last, before == "blobs" else { return nil }
            self = .upload(try Self.name(parts.dropLast()), last.text)
        default: return nil
        }
    }

    private static func name(_ parts: ArraySlice<PathSegment>) throws(OCIError) -> RepositoryName {
        var text = ""
        for (index, part) in parts.enumerated() {
            if index > 0 { text += "/" }
            text += part.text
        }
        guard let name = RepositoryName(text) else {
            throw OCIError(.nameInvalid, "\"\(text.prefix(300))\" is not a repository name", detail: .string(String(text.prefix(300))))
        }
        return name
    }
}

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
        var parts = head.segments.dropFirst().map(\.text)
        if parts.isEmpty || parts == [""] {
            self = .base
            return
        }
        if parts == ["_catalog"] {
            self = .catalog
            return
        }
        func name(_ parts: some Sequence<String>) throws(OCIError) -> RepositoryName {
            let text = parts.joined(separator: "/")
            guard let name = RepositoryName(text) else {
                throw OCIError(.nameInvalid, "\"\(text.prefix(300))\" is not a repository name", detail: .string(String(text.prefix(300))))
            }
            return name
        }
        if parts.count > 3, parts.suffix(2) == ["uploads", ""] { parts.removeLast() }
        guard parts.count >= 3, let last = parts.popLast(), let kind = parts.popLast() else { return nil }
        switch (kind, last) {
        case ("tags", "list"): self = .tags(try name(parts))
        case ("manifests", _): self = .manifest(try name(parts), last)
        case ("referrers", _): self = .referrers(try name(parts), last)
        case ("blobs", "uploads"): self = .uploads(try name(parts))
        case ("blobs", _): self = .blob(try name(parts), last)
        case ("uploads", _) where parts.last == "blobs" && parts.count > 1: self = .upload(try name(parts.dropLast()), last)
        default: return nil
        }
    }
}

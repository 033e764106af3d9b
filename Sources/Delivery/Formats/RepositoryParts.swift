import OCI

/// A repository's name as registries with owners see it: what stands before the first slash, and the rest.
struct RepositoryParts {
    let full: String
    /// Empty for a name without a slash.
    let namespace: String
    let name: String

    init(_ repository: RepositoryName) {
        full = repository.text
        if let slash = full.firstIndex(of: "/") {
            namespace = String(full[..<slash])
            name = String(full[full.index(after: slash)...])
        } else {
            namespace = ""
            name = full
        }
    }
}

import JSON

/// Where an application takes its image from.
enum ArgoCDImage: Sendable {
    /// `spec.source.kustomize.images`, an entry `NAME=IMAGE`.
    case kustomize(String)
    /// `spec.source.helm.parameters`.
    case helm(String)

    /// The change that sets the image; nil where it is set.
    func patch(_ image: String, of application: JSONValue) throws(TargetFailure) -> JSONValue? {
        guard application.value(at: "/spec/source") != nil else {
            throw .final("the application has several sources, or none: its image cannot be set here; sync it alone, and set the image in Git")
        }
        switch self {
        case .kustomize(let name):
            let images = application.value(at: "/spec/source/kustomize/images")?.array ?? []
            let entry = JSONValue.string("\(name)=\(image)")
            if images.contains(entry) { return nil }
            let others = images.filter { Self.imageName($0.string ?? "") != name }
            return source("kustomize", .members(["images": .array(others + [entry])]))
        case .helm(let name):
            var parameters = application.value(at: "/spec/source/helm/parameters")?.array ?? []
            let entry = JSONValue.members(["name": .string(name), "value": .string(image), "forceString": .bool(true)])
            if parameters.contains(where: { $0["name"]?.string == name && $0["value"]?.string == image }) { return nil }
            parameters.removeAll { $0["name"]?.string == name }
            return source("helm", .members(["parameters": .array(parameters + [entry])]))
        }
    }

    private func source(_ kind: String, _ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        object[kind] = value
        return .members(["spec": .members(["source": .object(object)])])
    }

    /// The name that an entry replaces: `NAME=NEW:TAG`, `NAME:TAG`, `NAME@DIGEST`.
    private static func imageName(_ entry: String) -> String {
        if let equals = entry.firstIndex(of: "=") { return String(entry[..<equals]) }
        let name = entry.split(separator: "@", maxSplits: 1).first.map(String.init) ?? entry
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else { return name }
        return String(name[..<colon])
    }
}

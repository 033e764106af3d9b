package import JSON

/// A target as a trigger describes it, `{"type": "hook", "name": "compose-up"}`, checked: what exists can be made and run.
package struct TargetSpec: Sendable, Hashable {
    /// The value of `type`.
    package let kind: String
    /// What was given. It has the names of secrets and never their values.
    package let encoded: JSONValue
    /// Of what was given: targets that have it in common deploy the same thing.
    package let fingerprint: String
    let settings: any TargetKind

    /// - Parameter pointer: where `json` stands in what the caller was given, for errors.
    package init(_ json: JSONValue, pointer: String = "/target") throws(DeploymentError) {
        guard let object = json.object else {
            throw DeploymentError(.invalid, "\"\(pointer.dropFirst())\" must be an object, not \(json.kind)", pointer: pointer)
        }
        guard let kind = object["type"]?.string, let type = Self.kinds.first(where: { $0.name == kind }) else {
            let names = Self.kinds.map { $0.name }.joined(separator: ", ")
            throw DeploymentError(
                .invalid, "\"\(pointer.dropFirst())/type\" must be one of \(names)", pointer: pointer + "/type")
        }
        self.kind = kind
        encoded = json
        fingerprint = json.fingerprint
        settings = try type.init(SettingsReader(json, at: pointer, keys: ["type"] + type.keys))
    }

    private static let kinds: [any TargetKind.Type] = [
        HookTarget.self, HTTPTarget.self, GitHubTarget.self, GitLabTarget.self, JenkinsTarget.self, KubernetesTarget.self,
        ArgoCDTarget.self, ECSTarget.self, ComposeTarget.self, NomadTarget.self,
    ]

    /// The secrets it names, so that a trigger can be refused when the configuration lacks one.
    package var secretNames: Set<String> { Self.secretNames(in: encoded) }

    private static func secretNames(in value: JSONValue) -> Set<String> {
        switch value {
        case .object(let object):
            if let name = object["secret"]?.string { return [name] }
            return object.members.reduce(into: []) { $0.formUnion(secretNames(in: $1.value)) }
        case .array(let elements): return elements.reduce(into: []) { $0.formUnion(secretNames(in: $1)) }
        default: return []
        }
    }

    package static func == (left: TargetSpec, right: TargetSpec) -> Bool { left.fingerprint == right.fingerprint }
    package func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}

/// One kind of target: its settings, and how it runs with them.
protocol TargetKind: Sendable {
    /// What `type` says.
    static var name: String { get }
    /// The settings there may be, besides `type`.
    static var keys: [String] { get }

    init(_ reader: SettingsReader) throws(DeploymentError)

    /// Runs once; the summary of a success.
    func run(_ run: TargetRun) async throws(TargetFailure) -> String
}

import Events
import HTTP
import IO
import JSON
import OCI

/// Sets the image of a workload and waits for its rollout:
/// `{"type": "kubernetes", "server": "https://kubernetes.default.svc", "namespace": "shop", "kind": "deployment", "name": "web",
/// "container": "app", "token": {"secret": "kubernetes"}}`.
struct KubernetesTarget: TargetKind {
    static let name = "kubernetes"
    static let keys = [
        "server", "namespace", "kind", "name", "container", "image", "token", "certificateAuthority", "apply", "wait",
    ]

    private let server: RemoteURL
    private let namespace: String
    private let kind: Workload
    private let name: String
    private let container: String?
    private let image: Template
    private let token: String
    private let authorities: String?
    /// By server-side apply instead of a strategic merge patch.
    private let applies: Bool
    private let waits: Bool

    init(_ reader: SettingsReader) throws(DeploymentError) {
        server = try reader.url("server", default: "https://kubernetes.default.svc")
        namespace = try Self.name(reader, "namespace")
        guard let kind = Workload(rawValue: try reader.required("kind")) else {
            throw reader.failure("kind", "must be one of \(Workload.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.kind = kind
        name = try Self.name(reader, "name")
        container = try reader.string("container")
        image = try reader.image()
        token = try reader.requiredSecret("token")
        authorities = try reader.authorities()
        applies = try reader.bool("apply") ?? false
        waits = try reader.bool("wait") ?? true
    }

    /// RFC 1123, as Kubernetes has it for names.
    private static func name(_ reader: SettingsReader, _ key: String) throws(DeploymentError) -> String {
        let text = try reader.required(key)
        let isValid = text.utf8.count <= 253 && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard isValid, text != ".", text != ".." else {
            throw reader.failure(key, "must be a name of small letters, digits, \"-\" and \".\", not \"\(text)\"")
        }
        return text
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let api = try await RemoteAPI(
            "Kubernetes", run, fields: [("Accept", "application/json"), try run.bearer(token)], authorities: authorities)
        let image = try run.filled(image)
        let workload = try await api.call(.get, place()).json()
        let container = try container(in: workload)
        if waits, let hindrance = kind.hindrance(workload, name: name) {
            throw .final("\(hindrance), so it was left as it is (\"wait\": false sets the image alone)")
        }
        let isAgain = kind.image(of: container, in: workload) == image && kind.isGivenUp(workload)
        if isAgain { run.output.note("\(kind.rawValue) \(name) has the image, and its rollout was given up: beginning anew") }
        let changed = try await api.call(.patch, place(query: query(container)), patch(container, image, restarts: isAgain, for: run)).json()
        guard kind.image(of: container, in: changed) == image else {
            throw .final("Kubernetes took the change, but \(kind.rawValue) \(name) does not have \(image): something changes it back")
        }
        guard waits, kind != .cronjob else { return "\(kind.rawValue) \(name) has \(image)" }
        return try await run.poll("\(kind.rawValue) \(name)") { () throws(TargetFailure) in
            try kind.rollout(try await api.call(.get, place()).json(), name: name, container: container, image: image)
        }
    }

    private func place(query: [(name: String, value: String)] = []) -> HTTPURL {
        server.appending(["apis"] + kind.group + ["namespaces", namespace, kind.plural, name], query: query)
    }

    /// Force takes the image from whoever set it before. What a manager owned and does not apply again is removed, so each container has
    /// a manager of its own: two triggers may each deploy one of a workload's.
    private func query(_ container: String) -> [(name: String, value: String)] {
        applies ? [("fieldManager", "signalbox-\(container)"), ("force", "true")] : [("fieldManager", "signalbox")]
    }

    /// The container to be changed. A patch would add one whose name is misspelt.
    private func container(in workload: JSONValue) throws(TargetFailure) -> String {
        let names = kind.containers(in: workload).compactMap { $0["name"]?.string }
        if let container {
            guard names.contains(container) else {
                throw .final("\(kind.rawValue) \(name) has no container \"\(container)\"; it has \(names.joined(separator: ", "))")
            }
            return container
        }
        guard let only = names.first, names.count == 1 else {
            throw .final("\(kind.rawValue) \(name) has \(names.count) containers: say which by \"container\"")
        }
        return only
    }

    /// - Parameter restarts: also where the image is the one that it has, as `kubectl rollout restart` does it.
    private func patch(_ container: String, _ image: String, restarts: Bool, for run: TargetRun) -> RemoteAPI.Body {
        let mark = JSONValue.members(["kubectl.kubernetes.io/restartedAt": .string(Timestamp.text(Wall.milliseconds))])
        let template = JSONValue.members([
            "metadata": restarts ? .members(["annotations": mark]) : nil,
            "spec": .members(["containers": .array([.members(["name": .string(container), "image": .string(image)])])])
        ])
        // `kubectl rollout history` shows it.
        let cause = "Signalbox \(run.request.id): \(run.request.tag ?? run.request.digest.description)"
        let metadata = JSONValue.members([
            "name": applies ? .string(name) : nil, "namespace": applies ? .string(namespace) : nil,
            "annotations": .members(["kubernetes.io/change-cause": .string(cause)]),
        ])
        let body = JSONValue.members([
            "apiVersion": applies ? .string(kind.group.joined(separator: "/")) : nil,
            "kind": applies ? .string(kind.kind) : nil, "metadata": metadata, "spec": kind.spec(around: template),
        ])
        return .json(body, type: applies ? "application/apply-patch+yaml" : "application/strategic-merge-patch+json")
    }
}

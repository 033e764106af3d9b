import Foundation
import JSON

/// A hub with triggers whose hook says what it deploys and then waits until the test lets it end.
final class Stage: Sendable {
    let hub: Hub
    let folder: TemporaryFolder
    let tools: ClientFolder

    /// The hook notes its beginning, waits for `end-TAG` or, of a rollback or another attempt, goes on if that is there already.
    private static let hook = """
        #!/bin/sh
        set -eu
        echo "start $SIGNALBOX_TAG $SIGNALBOX_ENVIRONMENT $SIGNALBOX_ATTEMPT $SIGNALBOX_DIGEST" >> "$STAGE/log"
        while [ ! -e "$STAGE/end-$SIGNALBOX_TAG" ]; do sleep 0.02; done
        if [ -e "$STAGE/fail-$SIGNALBOX_TAG" ]; then echo "$SIGNALBOX_TAG is bad" >&2; exit 3; fi
        echo "end $SIGNALBOX_TAG" >> "$STAGE/log"
        echo "deployed $SIGNALBOX_IMAGE"
        """

    /// - Parameter triggers: the members of each besides target.
    init(_ triggers: [String]) throws {
        folder = try TemporaryFolder()
        tools = try ClientFolder()
        let script = try folder.write("hooks/deploy", Self.hook)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        try folder.write("stage/.keep", "")
        let target = #"target: {type: "hook", name: "deploy", killAfter: 1, environment: {STAGE: "\#(folder.path)/stage"}}"#
        let list = triggers.map { "{\($0), \(target)}" }.joined(separator: ",\n")
        hub = try Hub(config: """
            {
              // The hooks are killed at once when the hub ends.
              limits: {drainSeconds: 0},
              deployments: {hooks: "\(folder.path)/hooks"},
              triggers: [\(list)],
            }
            """)
    }

    /// Lets the hook of a tag end, also the next times.
    func end(_ tag: String, failing: Bool = false) throws {
        if failing { try folder.write("stage/fail-\(tag)", "") }
        try folder.write("stage/end-\(tag)", "")
    }

    /// What hooks have noted, line by line.
    var log: [String] {
        ((try? String(contentsOfFile: folder.path + "/stage/log", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Pushes an image by skopeo; its digest.
    func push(_ tag: String, seed: UInt64, repository: String = "team/app") throws -> String {
        let image = Image(seed: seed, layers: 1, layerBytes: 200)
        let source = try Hub()
        try source.push(image, to: repository, as: tag)
        try tools.succeed(
            "skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false",
            "docker://\(source.address)/\(repository):\(tag)", "docker://\(hub.address)/\(repository):\(tag)")
        return image.digest
    }

    func get(_ path: String) throws -> JSONValue { try hub.client().request("GET", path).json }

    func post(_ path: String, _ body: String = "{}") throws -> Response {
        try hub.client().request(
            "POST", path, headers: ["Content-Type": "application/json"], body: Array(body.utf8))
    }

    /// All deployments, newest first.
    func deployments() throws -> [JSONValue] { try get("/api/v1/deployments")["deployments"]?.array ?? [] }

    /// Waits until the newest deployment of a tag is in a state.
    @discardableResult
    func await(_ tag: String, _ state: String, kind: String = "trigger", waitingFor: [String]? = nil) throws -> JSONValue {
        let limit = Date(timeIntervalSinceNow: 60)
        while true {
            let found = try deployments().first { $0["tag"]?.string == tag && $0["kind"]?.string == kind }
            if let found, found["state"]?.string == state,
                waitingFor == nil || found["waitingFor"]?.array == waitingFor?.map({ .string($0) })
            {
                return found
            }
            guard Date() < limit else {
                throw Failure("waited 60 s for \(tag) to be \(state): \(try deployments().map { String(decoding: $0.encoded, as: UTF8.self) })")
            }
            usleep(20_000)
        }
    }

    /// Waits until a hook has noted a line that starts so.
    func awaitLog(_ prefix: String, count: Int = 1) throws {
        let limit = Date(timeIntervalSinceNow: 60)
        while log.count(where: { $0.hasPrefix(prefix) }) < count {
            guard Date() < limit else { throw Failure("waited 60 s for \(count) of \"\(prefix)\": \(log)") }
            usleep(20_000)
        }
    }

    /// Ends the hub as a power cut would, and starts it again.
    func crash() throws {
        hub.kill()
        try hub.restart()
    }
}

import Events
import JSON
import OCI

extension Sample {
    static let deploymentEvents: [Event] =
        TriggerChange.Kind.allCases.map { event(.trigger(TriggerChange($0, name: "prod", definition: definition))) }
        + EnvironmentChange.Kind.allCases.map {
            event(.environment(EnvironmentChange($0, environment: "production", reason: "a rollback", digest: digest)))
        }
        + [
            event(.environment(EnvironmentChange(.unpinned, environment: "production", reason: ""))),
            event(.environment(EnvironmentChange(.pinned, environment: "production", reason: "", lifted: digest))),
            event(.environment(EnvironmentChange(.pinned, environment: "production", reason: "", digest: digest, service: service))),
            event(.environment(EnvironmentChange(.unpinned, environment: "production", reason: "", service: service))),
        ]
        + steps.map { step in
            event(
                .deployment(
                    DeploymentChange(
                        id: "dep_42_0a1b2c3d", trigger: "prod", environment: "production", repository: repository,
                        tag: step == .ready ? nil : "1.0", digest: digest, step: step)))
        }

    private static let service = PinnedService(repository: repository, triggers: ["prod", "old"], targets: ["sha256:11"])

    private static let definition: JSONObject = {
        var object = JSONObject()
        object["environment"] = .string("production")
        object["gates"] = .object(JSONObject())
        return object
    }()

    private static let steps: [DeploymentChange.Step] = [
        .created(Creation(kind: .trigger, reason: "1.0 is newer", pushed: 1_700_000_000_000, event: 41, pushedBy: "ci")),
        .created(
            Creation(
                kind: .rollback, reason: "by hand", pushed: 0, event: .max, pushedBy: "", rollbackOf: "dep_41_0a1b2c3d",
                settingsOf: "dep_40_0a1b2c3d")),
        .waiting(WaitReasons(gates: ["approval", "scan"], reason: "1 of 2 approvals; no scan yet")),
        .ready,
        .approved(Approval(approver: "alice", isVerified: true, definition: "sha256:00", revision: .max, until: 1_700_000_000_000, comment: "go")),
        .rejected(Approval(approver: "anonymous", isVerified: false, definition: "sha256:00", comment: nil)),
        .started(attempt: 1),
        .started(attempt: 2, definition: "sha256:00"),
        .started(attempt: 2, definition: "sha256:00", target: "sha256:11"),
        .succeeded(RunResult(attempt: 1, reason: "done", output: .init(size: 9, digest: "sha256:11", tail: "a\n\"b\""))),
        .failed(RunResult(attempt: 1, reason: "exit 1", output: nil), retryAt: 1_700_000_000_000),
        .failed(RunResult(attempt: 2, reason: "exit 1", output: nil), retryAt: nil),
        .superseded(by: "dep_43_0a1b2c3d", reason: "1.1 is newer"),
        .superseded(by: nil, reason: "1.1 is deployed"),
        .cancelled(reason: "by hand"),
        .interrupted(attempt: 1, reason: "the hub ended"),
        .retried,
        .rolledBack(by: "dep_44_0a1b2c3d"),
    ]
}

import JSON
import Testing

@testable import Deployment

/// Kubernetes documentation: "Update API Objects in Place Using kubectl patch" (strategic merge patch), "Server-Side Apply"
/// (`application/apply-patch+yaml`, `fieldManager`, `force`), "Deployments", section "Deployment status", and the API reference
/// of DeploymentStatus, StatefulSetStatus, DaemonSetStatus and Status.
@Suite("the kubernetes target", .timeLimit(.minutes(5)))
struct KubernetesTargetTests {
    private let bench: TargetBench
    private static let image = DeploymentRequest.sample().image

    init() throws { bench = try TargetBench(secrets: ["k8s": "eyJhbGciOi.JSUzI1NiIs"]) }

    private func spec(_ api: FakeAPI, kind: String = "deployment", _ more: String = "") -> String {
        #"{"type": "kubernetes", "server": "\#(api.url)", "namespace": "shop", "kind": "\#(kind)", "name": "web", "token": {"secret": "k8s"}\#(more)}"#
    }

    private static func workload(
        image: String, spec: String = #""replicas": 3,"#, status: String, generation: Int = 2, containers: String = ""
    ) -> String {
        """
        {"metadata": {"name": "web", "generation": \(generation)}, "spec": {\(spec) "template": {"spec": {"containers":
         [{"name": "app", "image": "\(image)"}\(containers)]}}}, "status": \(status)}
        """
    }

    /// Has the old image until it is patched, and then one status after the other, the last one for ever.
    private static func script(_ place: String, spec: String = #""replicas": 3,"#, _ statuses: [String]) -> @Sendable (FakeCall, Int) -> FakeAnswer {
        { call, before in
            if call.method == "PATCH" { return .json(workload(image: image, spec: spec, status: #"{"observedGeneration": 1}"#)) }
            guard call.line == "GET \(place)" else { return .status(404) }
            if before == 0 { return .json(workload(image: "old", spec: spec, status: #"{"observedGeneration": 1}"#, generation: 1)) }
            return .json(workload(image: image, spec: spec, status: statuses[min(before - 1, statuses.count - 1)]))
        }
    }

    private static let deployment = "/apis/apps/v1/namespaces/shop/deployments/web"

    @Test func aDeploymentIsPatchedAndItsRolloutAwaited() async throws {
        let api = try await FakeAPI.start(Self.script(Self.deployment, [
            #"{"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}"#,
            #"{"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "availableReplicas": 3}"#,
            #"{"observedGeneration": 2, "replicas": 4, "updatedReplicas": 3, "availableReplicas": 3}"#,
            #"{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 2}"#,
            #"{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}"#,
        ]))
        let result = try await bench.deploy(spec(api))
        #expect(result == .succeeded(summary: "deployment web is rolled out, 3 of 3 replicas available"))
        let patch = try #require(api.calls.first { $0.method == "PATCH" })
        #expect(patch.line == "PATCH \(Self.deployment)?fieldManager=signalbox")
        #expect(patch.headers["content-type"] == "application/strategic-merge-patch+json")
        #expect(patch.headers["authorization"] == "Bearer eyJhbGciOi.JSUzI1NiIs")
        #expect(patch.json == (try targetJSON("""
            {"metadata": {"annotations": {"kubernetes.io/change-cause": "Signalbox dep_42_0badcafe: 1.4.2"}},
             "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "\(Self.image)"}]}}}}
            """)))
        let steps = ["waiting for the change to be seen", "1 of 3 replicas are updated", "1 old replicas are yet to end", "2 of 3 updated replicas are available"]
        for step in steps { #expect(bench.text.contains("deployment web: \(step)\n"), "\(step)") }
        #expect(!bench.text.contains("eyJ"))
    }

    @Test func serverSideApplyOwnsTheImageAlone() async throws {
        let api = try await FakeAPI.start(Self.script(Self.deployment, [
            #"{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}"#,
        ]))
        let result = try await bench.deploy(spec(api, #", "apply": true, "container": "app", "image": "mirror.internal/{{repository}}@{{digest}}", "wait": false"#))
        // The fake has the image that the other tests ask for.
        #expect(result.reason?.contains("something changes it back") == true)
        let patch = try #require(api.calls.first { $0.method == "PATCH" })
        #expect(patch.line == "PATCH \(Self.deployment)?fieldManager=signalbox-app&force=true")
        #expect(patch.headers["content-type"] == "application/apply-patch+yaml")
        #expect(patch.json == (try targetJSON("""
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop",
             "annotations": {"kubernetes.io/change-cause": "Signalbox dep_42_0badcafe: 1.4.2"}},
             "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "mirror.internal/production/shop@\(DeploymentRequest.digest)"}]}}}}
            """)))
    }

    /// What a manager has applied before and does not apply again, the server takes away.
    @Test func eachContainerIsAppliedByAManagerOfItsOwn() async throws {
        let api = try await FakeAPI.start { call, _ in
            .json(Self.workload(image: Self.image, status: "{}", containers: #", {"name": "proxy", "image": "\#(Self.image)"}"#))
        }
        for container in ["app", "proxy"] {
            #expect(try await bench.deploy(spec(api, #", "apply": true, "container": "\#(container)", "wait": false"#)).summary != nil)
        }
        #expect(api.lines.filter { $0.hasPrefix("PATCH") } == ["app", "proxy"].map { "PATCH \(Self.deployment)?fieldManager=signalbox-\($0)&force=true" })
    }

    @Test("What would not be rolled out is left as it is", arguments: [
        ("deployment", #""paused": true,"#, "deployment web is paused"),
        ("statefulset", #""updateStrategy": {"type": "OnDelete"},"#, "the update strategy of statefulset web is OnDelete"),
        ("daemonset", #""updateStrategy": {"type": "OnDelete"},"#, "the update strategy of daemonset web is OnDelete"),
    ])
    func hindered(kind: String, members: String, reason: String) async throws {
        let api = try await FakeAPI.start { call, _ in
            .json(Self.workload(image: call.method == "PATCH" ? Self.image : "old", spec: members, status: "{}"))
        }
        let result = try await bench.deploy(spec(api, kind: kind))
        #expect(result.reason?.hasPrefix(reason) == true && result.isRetryable == false, "\(result)")
        #expect(api.calls.allSatisfy { $0.method == "GET" })
        #expect(try await bench.deploy(spec(api, kind: kind, #", "wait": false"#)).summary != nil)
    }

    @Test func aRolloutBeyondItsProgressDeadlineIsAFailedDeployment() async throws {
        let api = try await FakeAPI.start(Self.script(Self.deployment, [
            #"{"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "availableReplicas": 3}"#,
            #"""
            {"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "availableReplicas": 3, "conditions": [
             {"type": "Available", "status": "True"}, {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
              "message": "ReplicaSet \"web-5d\" has timed out progressing."}]}
            """#,
        ]))
        let result = try await bench.deploy(spec(api))
        #expect(result == .failed(
            reason: "deployment web exceeded its progress deadline: ReplicaSet \"web-5d\" has timed out progressing.", isRetryable: true))
    }

    /// Nothing changes by the same image: the rollout would stay given up, and each further attempt would fail at its first look.
    @Test func anotherAttemptAtAnImageWhoseRolloutWasGivenUpBeginsAnew() async throws {
        let givenUp = #"{"observedGeneration": 2, "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}"#
        let api = try await FakeAPI.start { call, before in
            .json(Self.workload(
                image: Self.image,
                status: before == 0 ? givenUp : #"{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}"#))
        }
        #expect(try await bench.deploy(spec(api)).summary == "deployment web is rolled out, 3 of 3 replicas available")
        let patch = try #require(api.calls.first { $0.method == "PATCH" }).json
        #expect(patch.value(at: "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt")?.string?.hasSuffix("Z") == true, "\(patch)")
        #expect(patch.value(at: "/spec/template/spec/containers/0/image")?.string == Self.image)
    }

    @Test func aRolloutThatStallsEndsWithTheTime() async throws {
        let api = try await FakeAPI.start(Self.script(Self.deployment, [#"{"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1}"#]))
        let result = try await bench.deploy(spec(api), timeout: 1500)
        #expect(result.reason?.contains("took too long") == true, "\(result)")
        #expect(result.isRetryable == true)
    }

    @Test func aChangeBySomebodyElseIsAFailedDeployment() async throws {
        let api = try await FakeAPI.start { call, before in
            .json(Self.workload(image: call.method == "PATCH" ? Self.image : "other", status: "{}"))
        }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason == "deployment web no longer has \(Self.image): somebody else has changed it")
    }

    @Test func aStatefulSetIsRolledOutWhenItsRevisionsAreOne() async throws {
        let api = try await FakeAPI.start(Self.script("/apis/apps/v1/namespaces/shop/statefulsets/web", [
            #"{"observedGeneration": 2, "readyReplicas": 2, "currentRevision": "a", "updateRevision": "b"}"#,
            #"{"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 2, "currentRevision": "a", "updateRevision": "b"}"#,
            #"{"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 3, "currentRevision": "b", "updateRevision": "b"}"#,
        ]))
        #expect(try await bench.deploy(spec(api, kind: "statefulset")).summary == "statefulset web is rolled out, 3 of 3 replicas ready")
    }

    @Test func aPartitionOfAStatefulSetIsHeeded() async throws {
        let spec = #""replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},"#
        let api = try await FakeAPI.start(Self.script("/apis/apps/v1/namespaces/shop/statefulsets/web", spec: spec, [
            #"{"observedGeneration": 2, "readyReplicas": 3, "currentRevision": "a", "updateRevision": "b"}"#,
            #"{"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"}"#,
        ]))
        #expect(try await bench.deploy(self.spec(api, kind: "statefulset")).summary == "statefulset web is rolled out from replica 2 on, as its partition says")
    }

    @Test func aDaemonSetIsRolledOutWhenAllItsPodsAreAvailable() async throws {
        let api = try await FakeAPI.start(Self.script("/apis/apps/v1/namespaces/shop/daemonsets/web", spec: "", [
            #"{"observedGeneration": 2, "desiredNumberScheduled": 5, "updatedNumberScheduled": 4, "numberAvailable": 4}"#,
            #"{"observedGeneration": 2, "desiredNumberScheduled": 5, "updatedNumberScheduled": 5, "numberAvailable": 4}"#,
            #"{"observedGeneration": 2, "desiredNumberScheduled": 5, "updatedNumberScheduled": 5, "numberAvailable": 5}"#,
        ]))
        #expect(try await bench.deploy(spec(api, kind: "daemonset")).summary == "daemonset web is rolled out, 5 pods available")
    }

    @Test func aCronJobHasItsImageForTheNextRun() async throws {
        let api = try await FakeAPI.start { call, _ in
            .json(#"""
                {"metadata": {"generation": 1}, "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers":
                 [{"name": "app", "image": "\#(call.method == "PATCH" ? Self.image : "old")"}]}}}}}}
                """#)
        }
        #expect(try await bench.deploy(spec(api, kind: "cronjob")).summary == "cronjob web has \(Self.image)")
        let patch = try #require(api.calls.last)
        #expect(patch.target == "/apis/batch/v1/namespaces/shop/cronjobs/web?fieldManager=signalbox")
        #expect(patch.json.value(at: "/spec/jobTemplate/spec/template/spec/containers/0/image")?.string == Self.image)
    }

    @Test("A container that there is not, or one of several, is not guessed", arguments: [
        (#", "container": "ap""#, "has no container \"ap\"; it has app, sidecar"), ("", "has 2 containers"),
    ])
    func containers(more: String, reason: String) async throws {
        let api = try await FakeAPI.start { _, _ in
            .json(Self.workload(image: "old", status: "{}", containers: #", {"name": "sidecar", "image": "x"}"#))
        }
        let result = try await bench.deploy(spec(api, more))
        #expect(result.reason?.contains(reason) == true, "\(result)")
        #expect(api.calls.allSatisfy { $0.method == "GET" })
    }

    @Test("Failures are told as Kubernetes tells them", arguments: [
        (401, "Unauthorized", false), (403, "deployments.apps \"web\" is forbidden: User \"x\" cannot patch resource", false),
        (404, "deployments.apps \"web\" not found", false), (409, "Operation cannot be fulfilled on deployments.apps \"web\"", true),
        (422, "Deployment.apps \"web\" is invalid", false), (429, "too many requests", true),
    ])
    func failures(status: Int, message: String, isRetryable: Bool) async throws {
        let escaped = message.replacing("\"", with: "\\\"")
        let api = try await FakeAPI.start { call, _ in
            call.method == "GET" && status != 404 && status != 401 ? .json(Self.workload(image: "old", status: "{}"))
                : .json(#"{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "\#(escaped)", "code": \#(status)}"#, status: status)
        }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason?.contains(message) == true, "\(result)")
        #expect(result.isRetryable == isRetryable)
    }

    @Test("Numbers beyond all reason do no harm", arguments: ["9223372036854775807", "-9223372036854775808", "1e400", "0.5", "null", "\"3\""])
    func numbers(number: String) async throws {
        let kinds = ["deployment", "statefulset", "daemonset"]
        for kind in kinds {
            let workload = try targetJSON(Self.workload(
                image: Self.image, spec: #""replicas": \#(number), "updateStrategy": {"rollingUpdate": {"partition": \#(number)}},"#,
                status: #"{"observedGeneration": \#(number), "replicas": \#(number), "updatedReplicas": -1, "readyReplicas": \#(number)}"#))
            let workloadKind = try #require(Workload(rawValue: kind))
            _ = try? workloadKind.rollout(workload, name: "web", container: "app", image: Self.image)
        }
    }

    @Test("Settings that cannot work are refused with their place", arguments: [
        (#"{"type": "kubernetes", "kind": "deployment", "name": "web", "token": {"secret": "k"}}"#, "/target/namespace"),
        (#"{"type": "kubernetes", "namespace": "a/b", "kind": "deployment", "name": "web", "token": {"secret": "k"}}"#, "/target/namespace"),
        (#"{"type": "kubernetes", "namespace": "a", "kind": "pod", "name": "web", "token": {"secret": "k"}}"#, "/target/kind"),
        (#"{"type": "kubernetes", "namespace": "a", "kind": "deployment", "name": "..", "token": {"secret": "k"}}"#, "/target/name"),
        (#"{"type": "kubernetes", "namespace": "a", "kind": "deployment", "name": "w", "image": "x:{{tag}}", "token": {"secret": "k"}}"#, "/target/image"),
        (#"{"type": "kubernetes", "namespace": "a", "kind": "deployment", "name": "w"}"#, "/target/token"),
    ])
    func badSettings(spec: String, pointer: String) throws {
        #expect(try #require(try targetRefusal(spec)).pointer == pointer)
    }
}

import Crypto
import JSON
import Testing

@testable import Deployment

/// Amazon ECS API Reference, version 2014-11-13: DescribeServices, DescribeTaskDefinition, RegisterTaskDefinition, UpdateService,
/// "Common Errors"; the waiter ServicesStable of the SDKs.
@Suite("the ecs target", .timeLimit(.minutes(5)))
struct ECSTargetTests {
    private let bench: TargetBench
    private static let image = DeploymentRequest.sample().image
    private static let old = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:8"
    private static let new = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:9"
    private static let secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    init() throws {
        bench = try TargetBench(secrets: ["id": "AKIDEXAMPLE", "key": Self.secretKey, "session": "AQoDYXdzEPT//////////wEXAMPLE"])
    }

    private func spec(_ api: FakeAPI, _ more: String = "") -> String {
        """
        {"type": "ecs", "url": "\(api.url)", "region": "eu-central-1", "cluster": "shop", "service": "web",
         "accessKey": {"secret": "id"}, "secretKey": {"secret": "key"}\(more)}
        """
    }

    private static func service(_ definition: String, _ deployments: String, running: Int = 2, status: String = "ACTIVE") -> String {
        """
        {"services": [{"serviceName": "web", "status": "\(status)", "taskDefinition": "\(definition)", "desiredCount": 2,
         "runningCount": \(running), "deployments": [\(deployments)]}], "failures": []}
        """
    }

    private static func deployment(_ definition: String, _ status: String = "PRIMARY", state: String = "COMPLETED", reason: String = "") -> String {
        #"{"status": "\#(status)", "taskDefinition": "\#(definition)", "runningCount": 2, "rolloutState": "\#(state)", "rolloutStateReason": "\#(reason)"}"#
    }

    private static func definition(_ image: String) -> String {
        """
        {"taskDefinition": {"taskDefinitionArn": "\(old)", "family": "shop", "revision": 8, "status": "ACTIVE", "cpu": "256",
         "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "compatibilities": ["EC2", "FARGATE"],
         "requiresAttributes": [{"name": "x"}], "registeredAt": 1.7e9, "registeredBy": "arn:aws:iam::1:root", "volumes": [],
         "containerDefinitions": [{"name": "log", "image": "fluent:1"}, {"name": "app", "image": "\(image)", "portMappings": [{"containerPort": 80}]}]},
         "tags": [{"key": "team", "value": "shop"}]}
        """
    }

    private static func action(_ call: FakeCall) -> String {
        String(call.headers["x-amz-target"]?.split(separator: ".").last ?? "")
    }

    /// Answers the looks at the service with these, the last one for ever.
    private static func script(_ services: [String], image: String = "old:1") -> @Sendable (FakeCall, Int) -> FakeAnswer {
        let looks = Counter()
        return { call, _ in
            switch action(call) {
            case "DescribeServices": .json(services[min(looks.next(), services.count - 1)])
            case "DescribeTaskDefinition": .json(definition(image))
            case "RegisterTaskDefinition": .json(#"{"taskDefinition": {"taskDefinitionArn": "\#(new)"}}"#)
            case "UpdateService": .json(#"{"service": {}}"#)
            default: .status(400)
            }
        }
    }

    @Test func aRevisionWithTheImageIsRegisteredAndRolledOut() async throws {
        let api = try await FakeAPI.start(Self.script([
            Self.service(Self.old, Self.deployment(Self.old)),
            // Not consistent at once.
            Self.service(Self.old, Self.deployment(Self.old)),
            Self.service(Self.new, [Self.deployment(Self.new, state: "IN_PROGRESS"), Self.deployment(Self.old, "ACTIVE")].joined(separator: ","), running: 3),
            Self.service(Self.new, Self.deployment(Self.new, state: "IN_PROGRESS")),
            Self.service(Self.new, Self.deployment(Self.new)),
        ]))
        let result = try await bench.deploy(spec(api, #", "container": "app""#))
        #expect(result == .succeeded(summary: "service web is stable with 2 tasks of \(Self.new)"))
        #expect(api.calls.map(Self.action) == [
            "DescribeServices", "DescribeTaskDefinition", "RegisterTaskDefinition", "UpdateService",
            "DescribeServices", "DescribeServices", "DescribeServices", "DescribeServices",
        ])
        #expect(api.calls[0].json == (try targetJSON(#"{"cluster": "shop", "services": ["web"]}"#)))
        #expect(api.calls[1].json == (try targetJSON(#"{"taskDefinition": "\#(Self.old)", "include": ["TAGS"]}"#)))
        #expect(api.calls[2].json == (try targetJSON("""
            {"family": "shop", "cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "volumes": [],
             "containerDefinitions": [{"name": "log", "image": "fluent:1"}, {"name": "app", "image": "\(Self.image)", "portMappings": [{"containerPort": 80}]}],
             "tags": [{"key": "team", "value": "shop"}]}
            """)))
        #expect(api.calls[3].json == (try targetJSON(#"{"cluster": "shop", "service": "web", "taskDefinition": "\#(Self.new)"}"#)))
        #expect(!bench.text.contains("EXAMPLE"))
        #expect(bench.text.hasPrefix("RegisterTaskDefinition at \(api.url): 200 OK\nregistered \(Self.new)\nUpdateService at \(api.url): 200 OK\n"))
    }

    /// The circuit breaker without rollback leaves the service with the definition and a deployment that has failed, and UpdateService starts
    /// one for what is there already only with `forceNewDeployment`.
    @Test func whatHasFailedBeforeIsBegunAnew() async throws {
        func deployment(_ id: String, _ status: String, _ state: String) -> String {
            #"{"id": "ecs-svc/\#(id)", "status": "\#(status)", "taskDefinition": "\#(Self.old)", "runningCount": 2, "rolloutState": "\#(state)"}"#
        }
        let api = try await FakeAPI.start(Self.script([
            Self.service(Self.old, deployment("1", "PRIMARY", "FAILED"), running: 0),
            // Not consistent at once.
            Self.service(Self.old, deployment("1", "PRIMARY", "FAILED"), running: 0),
            Self.service(Self.old, deployment("2", "PRIMARY", "IN_PROGRESS") + "," + deployment("1", "ACTIVE", "FAILED"), running: 1),
            Self.service(Self.old, deployment("2", "PRIMARY", "COMPLETED")),
        ], image: Self.image))
        let result = try await bench.deploy(spec(api, #", "container": "app""#))
        #expect(result.summary == "service web is stable with 2 tasks of \(Self.old)", "\(result)")
        let update = try #require(api.calls.first { Self.action($0) == "UpdateService" })
        #expect(update.json == (try targetJSON(#"{"cluster": "shop", "service": "web", "taskDefinition": "\#(Self.old)", "forceNewDeployment": true}"#)))
    }

    @Test func whatFailsAnewIsAFailedDeployment() async throws {
        func deployment(_ id: String) -> String { #"{"id": "ecs-svc/\#(id)", "status": "PRIMARY", "taskDefinition": "\#(Self.old)", "rolloutState": "FAILED", "rolloutStateReason": "no"}"# }
        let api = try await FakeAPI.start(Self.script([Self.service(Self.old, deployment("1")), Self.service(Self.old, deployment("2"))], image: Self.image))
        #expect(try await bench.deploy(spec(api, #", "container": "app""#)) == .failed(reason: "the rollout failed: no", isRetryable: true))
    }

    /// What arrived is signed: the signature is computed anew from it, as Amazon does.
    @Test func everyCallIsSigned() async throws {
        let api = try await FakeAPI.start(Self.script([Self.service(Self.old, Self.deployment(Self.old))], image: Self.image))
        #expect(try await bench.deploy(spec(api, #", "container": "app", "sessionToken": {"secret": "session"}"#)).summary != nil)
        for call in api.calls {
            #expect(call.line == "POST /")
            #expect(call.headers["content-type"] == "application/x-amz-json-1.1")
            let time = try #require(call.headers["x-amz-date"])
            let names = ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"]
            let request = SignatureV4.CanonicalRequest(
                method: "POST", path: "/", headers: names.map { ($0, call.headers[$0] ?? "") },
                payloadHash: Hex.encode(hash(.sha256, Array(call.body.utf8))))
            let signature = SignatureV4(secretKey: Self.secretKey, day: String(time.prefix(8)), region: "eu-central-1", service: "ecs")
            #expect(call.headers["authorization"] == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\(time.prefix(8))/eu-central-1/ecs/aws4_request, "
                + "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=\(signature.signature(of: request, at: time))")
        }
    }

    @Test func aDefinitionThatHasTheImageIsNotRegisteredAgain() async throws {
        let api = try await FakeAPI.start(Self.script([Self.service(Self.old, Self.deployment(Self.old))], image: Self.image))
        #expect(try await bench.deploy(spec(api, #", "container": "app""#)).summary != nil)
        #expect(!api.calls.map(Self.action).contains("RegisterTaskDefinition"))
    }

    @Test func aRolloutThatFailsIsAFailedDeployment() async throws {
        let reason = "ECS deployment circuit breaker: tasks failed to start."
        let api = try await FakeAPI.start(Self.script([
            Self.service(Self.old, Self.deployment(Self.old)),
            Self.service(Self.new, [Self.deployment(Self.new, state: "FAILED", reason: reason), Self.deployment(Self.old, "ACTIVE")].joined(separator: ",")),
        ]))
        let result = try await bench.deploy(spec(api, #", "container": "app""#))
        #expect(result == .failed(reason: "the rollout failed: \(reason)", isRetryable: true))
    }

    /// The circuit breaker makes the service stable, with what it had before.
    @Test func aServiceThatWentBackIsAFailedDeployment() async throws {
        let api = try await FakeAPI.start(Self.script([Self.service(Self.old, Self.deployment(Self.old))]))
        let result = try await bench.deploy(spec(api, #", "container": "app""#))
        #expect(result == .failed(reason: "service web went back to \(Self.old), or somebody else has changed it", isRetryable: true))
    }

    @Test func aServiceWhoseRolloutWasReplacedIsAFailedDeployment() async throws {
        let other = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:10"
        let api = try await FakeAPI.start(Self.script([
            Self.service(Self.old, Self.deployment(Self.old)),
            Self.service(other, [Self.deployment(other, state: "IN_PROGRESS"), Self.deployment(Self.new, "ACTIVE")].joined(separator: ",")),
        ]))
        let result = try await bench.deploy(spec(api, #", "container": "app""#))
        #expect(result == .failed(reason: "service web went back to \(other), or somebody else has changed it", isRetryable: true))
    }

    @Test("A service that cannot be deployed to says why", arguments: [
        (#"{"services": [], "failures": [{"arn": "x", "reason": "MISSING"}]}"#, "there is no service web in cluster shop: MISSING"),
        (#"{"services": [{"status": "ACTIVE"}]}"#, "has no task definition"),
    ])
    func unusable(answer: String, reason: String) async throws {
        let api = try await FakeAPI.start { _, _ in .json(answer) }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason?.contains(reason) == true, "\(result)")
        #expect(result.isRetryable == false)
    }

    @Test func oneOfSeveralContainersIsNotGuessed() async throws {
        let api = try await FakeAPI.start(Self.script([Self.service(Self.old, Self.deployment(Self.old))]))
        #expect(try await bench.deploy(spec(api)).reason?.contains("has 2 containers") == true)
        #expect(try await bench.deploy(spec(api, #", "container": "ap""#)).reason?.contains("it has log, app") == true)
    }

    @Test("Failures are told as ECS tells them", arguments: [
        (400, "ThrottlingException", true), (400, "ClientException", false), (400, "AccessDeniedException", false),
        (400, "ClusterNotFoundException", false), (500, "ServerException", true),
    ])
    func failures(status: Int, type: String, isRetryable: Bool) async throws {
        let api = try await FakeAPI.start { _, _ in .json(#"{"__type": "\#(type)", "message": "told"}"#, status: status) }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason?.hasSuffix(": told") == true, "\(result)")
        #expect(result.isRetryable == isRetryable)
    }

    @Test func aRevisionThatOthersRegisterAtTheSameTimeIsTriedAgain() async throws {
        let words = "Too many concurrent attempts to create a new revision of the specified family."
        let script = Self.script([Self.service(Self.old, Self.deployment(Self.old))])
        let api = try await FakeAPI.start { call, before in
            Self.action(call) == "RegisterTaskDefinition" ? .json(#"{"__type": "ClientException", "message": "\#(words)"}"#, status: 400) : script(call, before)
        }
        let result = try await bench.deploy(spec(api, #", "container": "app""#))
        #expect(result.reason?.hasSuffix(": " + words) == true && result.isRetryable == true, "\(result)")
    }

    @Test func theEndpointIsTheRegionsOwn() throws {
        #expect(ECSTarget.endpoint("eu-central-1") == "https://ecs.eu-central-1.amazonaws.com")
        #expect(ECSTarget.endpoint("cn-north-1") == "https://ecs.cn-north-1.amazonaws.com.cn")
        #expect(ECSCalls.time(1_440_938_160_000) == "20150830T123600Z")
        let refused = try targetRefusal(#"{"type": "ecs", "region": "eu/../x", "service": "w", "accessKey": {"secret": "a"}, "secretKey": {"secret": "b"}}"#)
        #expect(refused?.pointer == "/target/region")
    }
}

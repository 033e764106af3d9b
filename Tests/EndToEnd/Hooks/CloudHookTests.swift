import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("hooks that call APIs")
    struct CloudHookTests {
        /// An `aws` that keeps what is registered, and answers as the CLI does.
        private func addAWS(_ bench: HookBench, image: String = "old:1", primary: String = "arn:new", state: String = "COMPLETED") throws {
            let definition = """
                {"taskDefinition": {"taskDefinitionArn": "arn:old", "family": "shop", "revision": 8, "status": "ACTIVE", "registeredBy": "x", "cpu": "256",
                 "requiresAttributes": [], "compatibilities": ["EC2"], "registeredAt": "2026-01-01T00:00:00+00:00",
                 "containerDefinitions": [{"name": "log", "image": "fluent:1"}, {"name": "app", "image": "\(image)"}]}, "tags": [{"key": "a", "value": "b"}]}
                """
            try bench.folder.write("definition.json", definition)
            try bench.add("aws", """
                case "$2" in
                  describe-services)
                    if grep -q 'arn:new\\|update-service' '\(bench.folder.path)/updated' 2>/dev/null; then current='\(primary)'; else current=arn:old; fi
                    echo "{\\"services\\": [{\\"taskDefinition\\": \\"$current\\", \\"deployments\\": [{\\"status\\": \\"PRIMARY\\", \\"taskDefinition\\": \\"$current\\", \\"rolloutState\\": \\"\(state)\\"}]}]}" ;;
                  describe-task-definition) cat '\(bench.folder.path)/definition.json' ;;
                  register-task-definition)
                    while [ $# -gt 0 ]; do case "$1" in file://*) cp "${1#file://}" '\(bench.folder.path)/registered.json' ;; esac; shift; done
                    echo '{"taskDefinition": {"taskDefinitionArn": "arn:new"}}' ;;
                  update-service) echo arn:new >'\(bench.folder.path)/updated'; echo '{}' ;;
                esac
                """)
        }

        @Test("ecs-update-service registers the definition with the image and waits for the service", .needs("jq"))
        func ecs() throws {
            let bench = try HookBench()
            try addAWS(bench)
            let finished = try bench.run("ecs-update-service", ["--cluster", "two words", "--container", "app", "web"])
            #expect(finished.status == 0, "\(finished)")
            #expect(try JSONValue.parse(bench.text("registered.json") ?? "") == JSONValue.parse("""
                {"family": "shop", "cpu": "256", "containerDefinitions": [{"name": "log", "image": "fluent:1"},
                 {"name": "app", "image": "\(HookBench.image)"}], "tags": [{"key": "a", "value": "b"}]}
                """))
            #expect(bench.calls.contains([
                "aws", "ecs", "update-service", "--cluster", "two words", "--service", "web", "--task-definition", "arn:new", "--output", "json",
            ]))
            #expect(bench.calls.contains(["aws", "ecs", "wait", "services-stable", "--cluster", "two words", "--services", "web"]))
        }

        @Test("ecs-update-service registers nothing where the image is there, and tells when the service went back", .needs("jq"))
        func ecsEnds() throws {
            let same = try HookBench()
            try addAWS(same, image: HookBench.image, primary: "arn:old")
            #expect(try same.run("ecs-update-service", ["--container", "app", "web"]).status == 0)
            #expect(same.text("registered.json") == nil)
            let back = try HookBench()
            try addAWS(back, primary: "arn:old")
            let finished = try back.run("ecs-update-service", ["--container", "app", "web"])
            #expect(finished.status == 1 && finished.err.contains("went back to arn:old"), "\(finished)")
        }

        @Test("ecs-update-service begins anew what has failed before", .needs("jq"), arguments: ["FAILED", "COMPLETED"])
        func ecsAnew(state: String) throws {
            let bench = try HookBench()
            try addAWS(bench, image: HookBench.image, primary: "arn:old", state: state)
            #expect(try bench.run("ecs-update-service", ["--container", "app", "web"]).status == 0)
            let update = bench.calls.first { $0.contains("update-service") }
            #expect(update?.contains("--force-new-deployment") == (state == "FAILED"), "\(bench.calls)")
        }

        @Test("ecs-update-service does not guess the container", .needs("jq"), arguments: [[], ["--container", "ap"]])
        func ecsContainers(arguments: [String]) throws {
            let bench = try HookBench()
            try addAWS(bench)
            let finished = try bench.run("ecs-update-service", arguments + ["web"])
            #expect(finished.status == 78 && finished.err.contains("container"), "\(finished)")
            #expect(bench.text("updated") == nil)
        }

        @Test("notify-slack posts the image's name, escaped, and keeps the URL out of the arguments", .needs("jq", "curl"))
        func slack() throws {
            let bench = try HookBench()
            let receiver = try Receiver { _ in 200 }
            let finished = try bench.run("notify-slack", ["--text", "Fish & <chips> \"now\""], environment: ["SLACK_WEBHOOK_URL": receiver.url])
            #expect(finished.status == 0, "\(finished)")
            let delivery = try #require(receiver.deliveries.first)
            #expect(delivery.headers["content-type"] == "application/json")
            #expect(try delivery.event["text"]?.string
                == "Fish &amp; &lt;chips&gt; \"now\" `production/shop:1.10`\n\(HookBench.digest) (dep_7_c0ffee00)")
        }

        @Test("notify-slack tells what may pass from what may not", .needs("jq", "curl"), arguments: [(429, 75), (503, 75), (404, 78)])
        func slackFails(status: Int, code: Int32) throws {
            let receiver = try Receiver { _ in status }
            #expect(try HookBench().run("notify-slack", environment: ["SLACK_WEBHOOK_URL": receiver.url]).status == code)
        }

        @Test("notify-slack hands curl its URL on standard input", .needs("jq"))
        func slackArguments() throws {
            let bench = try HookBench()
            try bench.add("curl", "cat >>'\(bench.folder.path)/input'; printf 200")
            let url = "https://hooks.slack.com/services/T0/B0/secret"
            #expect(try bench.run("notify-slack", environment: ["SLACK_WEBHOOK_URL": url]).status == 0)
            #expect(!bench.calls.joined().joined(separator: " ").contains("secret"))
            #expect(bench.text("input") == "url = \"\(url)\"\n")
            #expect(try bench.run("notify-slack", environment: ["SLACK_WEBHOOK_URL": "https://x/\"\noutput = \"/tmp/x"]).status == 64)
        }
    }
}

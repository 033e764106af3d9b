import Foundation
import Testing

extension EndToEnd {
    @Suite("the examples' pipelines")
    struct PipelineTests {
        /// The Python that has the schemas, if there is one.
        static let python: String? = [Place.package + "/.build/python/bin/python3", "python3"].first {
            (try? EndToEndTests.run([$0, "-c", "import yaml, check_jsonschema"]))?.status == 0
        }

        @Test("parse, follow their schemas, and have scripts without findings", .needs("shellcheck"),
            .enabled(if: isContinuousIntegration || python != nil, "needs PyYAML and check-jsonschema"))
        func check() throws {
            let finished = try run([try #require(Self.python), Place.package + "/examples/pipelines/check"])
            #expect(finished.status == 0, "\(finished)")
            #expect(finished.out.contains("deploy.yml follows vendor.github-workflows"))
        }

        /// Of Docker's own files, where Compose is installed.
        @Test("the compose file is one that Compose takes", .enabled { (try? EndToEndTests.run(["docker", "compose", "version"]))?.status == 0 })
        func compose() throws {
            let finished = try run(
                ["docker", "compose", "--project-directory", Place.package + "/examples/pipelines/compose", "config", "--images"],
                environment: ["IMAGE": HookBench.image])
            #expect(finished.text == HookBench.image, "\(finished)")
        }
    }
}

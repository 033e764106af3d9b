import Foundation
import JSON
import Testing

@testable import Deployment

@Suite("examples of targets")
struct ExampleTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL.path

    private static func read(_ path: String) throws -> String {
        try String(contentsOfFile: package + "/" + path, encoding: .utf8)
    }

    @Test("the examples' triggers are triggers", arguments: [
        "github-actions/trigger.json", "gitlab-ci/trigger.json", "jenkins/trigger.json", "compose/trigger.json", "compose/trigger-hook.json",
    ])
    func triggers(path: String) throws {
        _ = try Trigger(JSONValue.parse(Self.read("examples/pipelines/" + path)))
    }

    /// Every line and paragraph of JSON in the text that has a `type` of ours.
    @Test("the documentation's targets are targets") func documentation() throws {
        let text = try Self.read("docs/targets.md")
        var kinds: Set<String> = []
        for block in text.components(separatedBy: "```json\n").dropFirst() {
            let json = block.components(separatedBy: "\n```")[0]
            for one in json.components(separatedBy: "\n{").enumerated().map({ $0.offset == 0 ? $0.element : "{" + $0.element }) {
                kinds.insert(try TargetSpec(JSONValue.parse(one)).kind)
            }
        }
        #expect(kinds == ["hook", "http", "github", "gitlab", "jenkins", "kubernetes", "argocd", "ecs", "compose", "nomad"])
    }

    @Test("the hooks' own examples are targets", arguments: [
        "compose-up", "kubectl-set-image", "git-commit-image", "ecs-update-service", "nomad-run", "notify-slack",
    ])
    func hooks(hook: String) throws {
        let lines = try Self.read("hooks/" + hook).split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.contains(#"{"type""#) }
        let json = lines.prefix { $0 != "#" }.map { $0.dropFirst() }.joined(separator: "\n")
        #expect(try TargetSpec(JSONValue.parse(json)).kind == "hook")
    }
}

import Foundation
import JSON
import TestSupport
import Testing

@testable import Deployment

/// With a `docker` that writes down how it is called, which is found in these tests only.
@Suite("the compose target", .serialized, .timeLimit(.minutes(5)))
struct ComposeTargetTests {
    private static let image = DeploymentRequest.sample().image

    /// A folder of programs.
    private static let programs: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder() else { return nil }
        let script = """
            #!/bin/sh
            # The project's folder says how it is to go.
            printf '%s\\n' "$*" >>"$PWD/calls"
            case "$*" in
              *config*) if [ -f broken-image ]; then echo fixed:1; else sed -n 's/^IMAGE=//p' .env; fi ;;
              *pull*) [ ! -f broken-pull ] || { echo "manifest unknown" >&2; exit 1; } ;;
              *up*) [ ! -f broken-up ] || { echo "container web is unhealthy" >&2; exit 1; } ;;
            esac
            """
        guard let path = try? folder.write("docker", script) else { return nil }
        try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return folder
    }()

    private let bench: TargetBench
    private let project: TemporaryFolder

    init() throws {
        _ = try #require(Self.programs)
        bench = try TargetBench()
        project = try TemporaryFolder()
    }

    private func deploy(_ spec: String) async throws -> TargetResult {
        let path = (Self.programs?.path ?? "") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        return try await ProcessVariables.$searchPath.withValue(path) { try await bench.deploy(spec) }
    }

    private func file(_ name: String) -> String? { try? String(contentsOfFile: project.path + "/" + name, encoding: .utf8) }

    private func spec(_ more: String = "") -> String {
        #"{"type": "compose", "folder": "\#(project.path)", "service": "web"\#(more)}"#
    }

    @Test func theServiceIsPulledAndBroughtUpByDigest() async throws {
        try project.write(".env", "PORT=80\nIMAGE=old\nDEBUG=1\n")
        #expect(try await deploy(spec()) == .succeeded(summary: "service web runs \(Self.image)"))
        #expect(file(".env") == "PORT=80\nIMAGE=\(Self.image)\nDEBUG=1\n")
        #expect(file("calls") == ["pull --quiet web", "config --images web", "up --detach --no-deps --wait web"]
            .map { "compose --project-directory \(project.path) \($0)\n" }.joined())
    }

    @Test func aProjectWithoutSettingsGetsThem() async throws {
        #expect(try await deploy(spec(#", "files": ["a b.yml", "c.yml"], "project": "p""#)).summary != nil)
        #expect(file(".env") == "IMAGE=\(Self.image)\n")
        #expect(file("calls")?.hasPrefix("compose --project-directory \(project.path) --project-name p --file a b.yml --file c.yml pull") == true)
        let mode = try FileManager.default.attributesOfItem(atPath: project.path + "/.env")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("A step that fails puts the settings back", arguments: [
        ("broken-pull", "docker compose pull ended with exit code 1", "manifest unknown"),
        ("broken-up", "docker compose up ended with exit code 1", "container web is unhealthy"),
        ("broken-image", "does not take its image from the variable: write image: ${IMAGE} for it; it has fixed:1", "failed: "),
    ])
    func failures(marker: String, reason: String, output: String) async throws {
        try project.write(".env", "IMAGE=old\n")
        try project.write(marker, "")
        let result = try await deploy(spec())
        #expect(result.reason?.contains(reason) == true, "\(result)")
        #expect(bench.text.contains(output))
        #expect(file(".env") == "IMAGE=old\n")
    }

    @Test("Settings that cannot work are refused with their place", arguments: [
        (#"{"type": "compose", "service": "web"}"#, "/target/folder"), (#"{"type": "compose", "folder": "srv", "service": "web"}"#, "/target/folder"),
        (#"{"type": "compose", "folder": "/srv", "service": "--all"}"#, "/target/service"),
        (#"{"type": "compose", "folder": "/srv", "service": "web", "variable": "A B"}"#, "/target/variable"),
        (#"{"type": "compose", "folder": "/srv", "service": "web", "environment": {"IMAGE": "x"}}"#, "/target/environment"),
        (#"{"type": "compose", "folder": "/srv", "service": "web", "image": "shop:{{tag}}"}"#, "/target/image"),
    ])
    func badSettings(spec: String, pointer: String) throws {
        #expect(try #require(try targetRefusal(spec)).pointer == pointer)
    }

    /// Against the plain idea of it: all other lines stay, and the last one of that name has the value.
    @Test("Other settings stay as they are, whatever they are") func otherSettings() throws {
        var random = SeededGenerator(seed: 8)
        let lines = ["A=1", "IMAGE=old", "IMAGE =x", "IMAGES=y", "# IMAGE=z", "", "B='two words'", "ÄÖ=ü", "IMAGE="]
        for _ in 0..<200 {
            let before = (0..<Int.random(in: 0...6, using: &random)).map { _ in lines.randomElement(using: &random) ?? "" }
            let path = try project.write("random.env", before.joined(separator: "\n") + (Bool.random(using: &random) ? "\n" : ""))
            let settings = EnvironmentFile(path: path)
            let old = try Data(contentsOf: URL(filePath: path))
            #expect(try !settings.tryOut("IMAGE", "r@sha256:1"))
            let after = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
            #expect(after.last { $0.hasPrefix("IMAGE=") } == "IMAGE=r@sha256:1")
            let last = before.lastIndex { $0.hasPrefix("IMAGE=") }
            var expected = before
            if let last { expected[last] = "IMAGE=r@sha256:1" } else { expected.append("IMAGE=r@sha256:1") }
            #expect(after.filter { !$0.isEmpty } == expected.filter { !$0.isEmpty }, "\(before)")
            let expectedOld = old.isEmpty ? nil : old
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                try settings.putBack("IMAGE")
                #expect(FileManager.default.contents(atPath: path) == expectedOld)
            case 1:
                // The hub is gone in the middle, perhaps twice: what was good is what is gone back to.
                for _ in 0..<Int.random(in: 1...2, using: &random) { #expect(try settings.tryOut("IMAGE", "r@sha256:2")) }
                try settings.putBack("IMAGE")
                #expect(FileManager.default.contents(atPath: path) == expectedOld)
            case 2:
                // Somebody writes another line meanwhile.
                try project.write("random.env", after.joined(separator: "\n") + "\nNEW=1\n")
                try settings.putBack("IMAGE")
                let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
                #expect(lines == before.filter { !$0.isEmpty } + ["NEW=1"])
            default:
                try settings.keep("IMAGE")
                #expect(try !settings.tryOut("IMAGE", "r@sha256:3"))
                try settings.putBack("IMAGE")
                #expect(try String(contentsOfFile: path, encoding: .utf8).contains("IMAGE=r@sha256:1\n"))
            }
            #expect(file("random.env.IMAGE.old") == nil)
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// As editors on Windows write them, and as no text at all.
    @Test("Other lines stay byte for byte, whatever ends them and whatever they are") func otherBytes() throws {
        let path = project.path + "/bytes.env"
        let (first, last) = (Array("IMAGE=old\r\n".utf8), Array("PASSWORD=caf".utf8) + [0xE9, 0x80, 0x0D, 0x0A, 0x00] + Array("\u{301}X=1\r\n".utf8))
        try Data(first + last).write(to: URL(filePath: path))
        let settings = EnvironmentFile(path: path)
        try settings.tryOut("IMAGE", "new")
        #expect(FileManager.default.contents(atPath: path) == Data(Array("IMAGE=new\n".utf8) + last))
        try settings.putBack("IMAGE")
        #expect(FileManager.default.contents(atPath: path) == Data(first + last))
        try settings.tryOut("IMAGE", "newer")
        try settings.keep("IMAGE")
        #expect(FileManager.default.contents(atPath: path) == Data(Array("IMAGE=newer\n".utf8) + last))
    }

    @Test("The file stays its owner's", .enabled(if: geteuid() == 0)) func owner() async throws {
        func owners(_ name: String) throws -> [Int?] {
            let all = try FileManager.default.attributesOfItem(atPath: project.path + "/" + name)
            return [all[.ownerAccountID] as? Int, all[.groupOwnerAccountID] as? Int, all[.posixPermissions] as? Int]
        }
        let path = try project.write(".env", "IMAGE=old\n")
        try FileManager.default.setAttributes([.ownerAccountID: 12_345, .groupOwnerAccountID: 12_346, .posixPermissions: 0o640], ofItemAtPath: path)
        let settings = EnvironmentFile(path: path)
        try settings.tryOut("IMAGE", "new")
        for name in [".env", ".env.IMAGE.old"] { #expect(try owners(name) == [12_345, 12_346, 0o640]) }
        try settings.putBack("IMAGE")
        #expect(try owners(".env") == [12_345, 12_346, 0o640])
        #expect(try await deploy(spec()).summary != nil)
        #expect(try owners(".env") == [12_345, 12_346, 0o640])
    }

    @Test("After a run that was cut off, one that fails goes back to what was there before both")
    func cutOff() async throws {
        try project.write(".env", "PORT=80\nIMAGE=good\n")
        try EnvironmentFile(path: project.path + "/.env").tryOut("IMAGE", "r.example/never:proven@sha256:1")
        try project.write("broken-up", "")
        #expect(try await deploy(spec()).reason?.contains("docker compose up") == true)
        #expect(bench.text.contains("an earlier run was cut off: IMAGE begins as it was before it"))
        #expect(file(".env") == "PORT=80\nIMAGE=good\n" && file(".env.IMAGE.old") == nil)
        try FileManager.default.removeItem(atPath: project.path + "/broken-up")
        #expect(try await deploy(spec()).summary != nil)
        #expect(file(".env") == "PORT=80\nIMAGE=\(Self.image)\n" && file(".env.IMAGE.old") == nil)
    }

    @Test("Two services of one project do not undo each other's settings") func sideBySide() throws {
        try project.write(".env", "WEB=1\nWORKER=1\n")
        let settings = EnvironmentFile(path: project.path + "/.env")
        try settings.tryOut("WEB", "2")
        try settings.tryOut("WORKER", "2")
        try settings.keep("WORKER")
        try settings.putBack("WEB")
        #expect(file(".env") == "WEB=1\nWORKER=2\n")
    }
}

import Foundation
import JSON
import Testing

/// Hooks as the hub runs them: with its variables, the event on standard input, and programs that write down how they are called.
final class HookBench: Sendable {
    static let digest = "sha256:" + String(repeating: "ab", count: 32)
    static let image = "r.example:5000/production/shop:1.10@" + digest

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A program that writes each of its arguments on a line of `calls`, with an empty line after the last, and then runs `script`.
    func add(_ program: String, _ script: String = "") throws {
        let path = try folder.write("bin/" + program, """
            #!/bin/sh
            { printf '%s\\n' "${0##*/}" "$@"; echo; } >>'\(folder.path)/calls'
            \(script)

            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// Each call as its words, the program's name first.
    var calls: [[String]] {
        ((try? String(contentsOfFile: folder.path + "/calls", encoding: .utf8)) ?? "")
            .components(separatedBy: "\n\n").filter { !$0.isEmpty }.map { $0.components(separatedBy: "\n") }
    }

    func text(_ file: String) -> String? { try? String(contentsOfFile: folder.path + "/" + file, encoding: .utf8) }

    static func path(_ hook: String) -> String { Place.package + "/hooks/" + hook }

    func environment(tag: String = "1.10", _ more: [String: String] = [:]) -> [String: String] {
        [
            "PATH": folder.path + "/bin:/usr/bin:/bin", "HOME": folder.path, "LANG": "C.UTF-8",
            "SIGNALBOX_IMAGE": "r.example:5000/production/shop\(tag.isEmpty ? "" : ":" + tag)@\(Self.digest)",
            "SIGNALBOX_REGISTRY": "r.example:5000", "SIGNALBOX_REPOSITORY": "production/shop", "SIGNALBOX_TAG": tag,
            "SIGNALBOX_DIGEST": Self.digest, "SIGNALBOX_ENVIRONMENT": "production", "SIGNALBOX_DEPLOYMENT": "dep_7_c0ffee00",
        ].merging(more) { _, new in new }
    }

    func run(
        _ hook: String, _ arguments: [String] = [], tag: String = "1.10", environment more: [String: String] = [:], folder place: String? = nil
    ) throws -> Finished {
        try EndToEndTests.run(
            [Self.path(hook)] + arguments, environment: environment(tag: tag, more), input: Array("{}".utf8), folder: place ?? folder.path)
    }
}

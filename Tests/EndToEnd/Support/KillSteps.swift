import Foundation

/// Kills a program at each of its calls that change something on disk, to see what is left then.
enum KillSteps {
    private static let calls = ["pwrite64", "pwritev", "write", "ftruncate", "fsync", "fdatasync", "rename", "renameat2", "unlink", "unlinkat"]

    struct Step: Hashable, CustomStringConvertible {
        let call: String
        /// Counted in each thread by itself, as strace does.
        let number: Int
        var description: String { "\(call) \(number)" }
    }

    /// The calls of a command on files below `folder`; it must succeed.
    static func of(_ command: [String], below folder: String) throws -> [Step] {
        let scratch = try TemporaryFolder()
        let log = scratch.path + "/calls"
        try succeed(["strace", "-f", "-y", "-o", log, "-e", "trace=" + calls.joined(separator: ",")] + command)
        return steps(try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap { SystemCalls.Call($0) }, below: folder)
    }

    /// The calls of a process that runs, while `work` goes on.
    static func of(_ process: Int32, below folder: String, _ work: () throws -> Void) throws -> [Step] {
        let seen = try SystemCalls(calls, of: process)
        try work()
        return steps(try seen.detach(), below: folder)
    }

    private static func steps(_ seen: [SystemCalls.Call], below folder: String) -> [Step] {
        var counts: [String: Int] = [:]
        var steps: Set<Step> = []
        for call in seen {
            let key = "\(call.thread) \(call.name)"
            counts[key, default: 0] += 1
            if call.line.contains(folder) { steps.insert(Step(call: String(call.name), number: counts[key] ?? 0)) }
        }
        return steps.sorted { ($0.call, $0.number) < ($1.call, $1.number) }
    }

    /// Whether enough of the attempts killed the program. A program's threads share its work differently each time, and calls are
    /// counted by thread, so a step may not be come to: of two threads' steps half were once missed.
    static func isEnough(_ kills: Int) -> Bool { kills >= 3 }

    /// The command, to be killed before it makes the call.
    static func command(_ command: [String], killedAt step: Step) -> [String] {
        let inject = "inject=\(step.call):signal=KILL:when=\(step.number)"
        return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(step.call)", "-e", inject] + command
    }
}

/// A copy of a data folder, to be damaged.
struct DataCopy {
    let folder: TemporaryFolder
    var data: String { folder.path + "/data" }

    init(of data: String) throws {
        folder = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: data, toPath: folder.path + "/data")
    }
}

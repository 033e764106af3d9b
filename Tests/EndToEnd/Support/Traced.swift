import Foundation

/// A program that runs under strace from its beginning, and is stopped or killed at one of its system calls.
final class Traced: Sendable {
    private let folder: TemporaryFolder
    let child: Child

    /// - Parameters:
    ///   - path: only calls about this file or folder count.
    ///   - fault: strace's words for what happens, for example `signal=KILL:when=3`; it counts for each thread by itself.
    init(_ command: [String], calls: [String], on path: String? = nil, fault: String) throws {
        folder = try TemporaryFolder()
        let list = calls.joined(separator: ",")
        let only = path.map { ["-P", $0] } ?? []
        child = try Child(
            ["strace", "-f", "-q", "-o", folder.path + "/log", "-e", "trace=\(list)"] + only + ["-e", "inject=\(list):\(fault)"] + command)
    }

    /// Waits until a `signal=STOP` has stopped the program; the process that stands.
    func stopped() throws -> Int32 {
        let limit = Date(timeIntervalSinceNow: 60)
        while Date() < limit {
            let log = (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? ""
            if let match = log.firstMatch(of: /(?m)^([0-9]+) +--- stopped by SIGSTOP/), let thread = Int32(match.1) { return Self.process(of: thread) }
            guard child.isRunning else { throw Failure("ended before it was stopped: \(child.output)\n\(log)") }
            usleep(20_000)
        }
        throw Failure("was not stopped")
    }

    /// Lets a process that was stopped go on, also where another of its threads is stopped at a first call of its own, and waits for the end.
    func finish(_ process: Int32) throws -> Int32 {
        let limit = Date(timeIntervalSinceNow: 60)
        while child.isRunning, Date() < limit {
            kill(process, SIGCONT)
            usleep(20_000)
        }
        return try child.wait()
    }

    private static func process(of thread: Int32) -> Int32 {
        let status = (try? String(contentsOfFile: "/proc/\(thread)/status", encoding: .utf8)) ?? ""
        return status.firstMatch(of: /(?m)^Tgid:\s+([0-9]+)/).flatMap { Int32($0.1) } ?? thread
    }
}

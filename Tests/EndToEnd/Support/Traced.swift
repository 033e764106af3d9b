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
            if let match = log.firstMatch(of: /(?m)^([0-9]+) +--- stopped by SIGSTOP/), let process = Int32(match.1) { return process }
            guard child.isRunning else { throw Failure("ended before it was stopped: \(child.output)\n\(log)") }
            usleep(20_000)
        }
        throw Failure("was not stopped")
    }
}

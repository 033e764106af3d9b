import Foundation

/// strace on a running process: counts its system calls, or makes some of them fail.
final class SystemCalls: Sendable {
    private let folder: TemporaryFolder
    private let child: Child

    /// Attaches to all threads of a process.
    /// - Parameters:
    ///   - path: only calls on this file.
    ///   - fault: strace's words for it, for example `error=EIO:when=2`; it counts for each thread by itself.
    init(_ calls: [String], of process: Int32, on path: String? = nil, fault: String? = nil) throws {
        folder = try TemporaryFolder()
        let list = calls.joined(separator: ",")
        let inject = fault.map { ["-e", "inject=\(list):\($0)"] } ?? []
        let only = path.map { ["-P", $0] } ?? []
        child = try Child(["strace", "-f", "-y", "-o", folder.path + "/log", "-e", "trace=\(list)"] + only + inject + ["-p", "\(process)"])
        _ = try child.line(containing: "attached")
    }

    /// Lets the process go on untouched, and returns the calls that were seen.
    func detach() throws -> [Call] {
        child.signal(SIGTERM)
        try child.wait()
        return try String(contentsOfFile: folder.path + "/log", encoding: .utf8).split(separator: "\n").compactMap { Call($0) }
    }

    struct Call: Sendable {
        let thread: Substring
        let name: Substring
        let line: Substring

        /// A line such as `4711 fdatasync(9</data/log/...>) = 0`.
        init?(_ line: Substring) {
            guard let match = line.prefixMatch(of: /([0-9]+) +([a-z0-9_]+)\(/) else { return nil }
            thread = match.1
            name = match.2
            self.line = line
        }

        var isInjected: Bool { line.contains("(INJECTED)") }
    }
}

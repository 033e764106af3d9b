import Foundation
import Synchronization
import Testing

@testable import IO

/// The suites' programs are shell scripts of a few lines, started for real.
@Suite("running programs", .timeLimit(.minutes(5)))
struct ProcessRunnerTests {
    private final class Output: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
        var count: Int { bytes.withLock { $0.count } }
    }

    private static let loops = try? EventLoopGroup(count: 1)
    private static let pool = BlockingPool(name: "test", threads: 4)
    private let output = Output()

    private func runner() throws -> ProcessRunner {
        ProcessRunner(loops: try #require(Self.loops), pool: Self.pool)
    }

    private func shell(
        _ script: String, _ arguments: [String] = [], environment: [String: String] = ["PATH": "/usr/bin:/bin"], folder: String = "/",
        input: [UInt8] = [], timeout: Int64 = 240_000, grace: Int64 = 60_000
    ) async throws -> ProcessOutcome {
        let command = ProcessCommand(
            "/bin/sh", ["-c", script, "sh"] + arguments, environment: environment, folder: folder, input: input)
        return try await runner().run(command, until: Monotonic.milliseconds + timeout, grace: grace) { output.append($0) }
    }

    private func isAlive(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 && !isZombie(pid) }

    /// A killed orphan is a zombie until whoever adopted it looks.
    private func isZombie(_ pid: pid_t) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        return stat.split(separator: ")").last?.hasPrefix(" Z") ?? true
    }

    private func untilGone(_ pid: pid_t) async throws {
        while isAlive(pid) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func theExitCodeAndBothStreamsComeBackInOrder() async throws {
        let outcome = try await shell("echo one; echo two >&2; echo three; exit 7")
        #expect(outcome == ProcessOutcome(end: .exited(7)))
        #expect(output.text == "one\ntwo\nthree\n")
    }

    @Test func eachWriteComesByItselfWhicheverStreamItIsOf() async throws {
        let command = ProcessCommand(
            "/bin/sh", ["-c", "printf a; printf b >&2; printf c; head -c 9000 /dev/zero"], environment: ["PATH": "/usr/bin:/bin"])
        _ = try await runner().run(command, until: Monotonic.milliseconds + 240_000) { output.append($0 + Array("|".utf8)) }
        #expect(output.text.hasPrefix("a|b|c|\0") && output.text.utf8.count { $0 == 0 } == 9000)
    }

    @Test func aSignalIsToldFromAnExitCode() async throws {
        #expect(try await shell("kill -USR1 $$") == ProcessOutcome(end: .killed(signal: SIGUSR1)))
    }

    @Test func argumentsArriveAsTheyAre() async throws {
        let odd = ["two words", "", "*", "$HOME", "`id`", "a\nb", "\"quoted\" 'twice'", "--", "ünïcödé", "\\"]
        _ = try await shell("for a; do printf '<%s>' \"$a\"; done", odd)
        #expect(output.text == odd.map { "<\($0)>" }.joined())
    }

    @Test func anArgumentWithAZeroByteIsRefused() async throws {
        await #expect(throws: IOError.self) { try await shell("true", ["a\0b"]) }
    }

    @Test func theEnvironmentIsWhatWasGivenAndNothingElse() async throws {
        setenv("SIGNALBOX_TEST_LEAK", "secret", 1)
        _ = try await shell("/usr/bin/env | /usr/bin/sort", environment: ["A": "1", "B": "two words"])
        #expect(!output.text.contains("LEAK"))
        // The shell itself adds PWD and the like.
        #expect(output.text.contains("A=1\nB=two words\n"))
    }

    @Test func standardInputIsTheBytesGiven() async throws {
        let input = [UInt8](repeating: 0x61, count: 1 << 20)
        _ = try await shell("wc -c", input: input)
        #expect(output.text.trimmingCharacters(in: .whitespacesAndNewlines) == "1048576")
    }

    @Test func aProgramThatDoesNotReadItsInputIsNotWaitedFor() async throws {
        let outcome = try await shell("exit 0", input: [UInt8](repeating: 0x61, count: 8 << 20))
        #expect(outcome == ProcessOutcome(end: .exited(0)))
    }

    @Test func theWorkingFolderIsTheOneGiven() async throws {
        _ = try await shell("pwd", folder: "/usr")
        #expect(output.text == "/usr\n")
    }

    @Test func noDescriptorBeyondTheThreeIsInherited() async throws {
        // Open without close-on-exec, as a careless library would.
        let leaked = open("/dev/null", O_RDONLY)
        defer { close(leaked) }
        _ = try await shell("ls /proc/self/fd")
        // ls itself opens the folder: one more than the standard three.
        #expect(output.text.split(separator: "\n").count == 4, "\(output.text)")
    }

    @Test func ignoredSignalsAreNotInherited() async throws {
        signal(SIGPIPE, SIG_IGN)
        _ = try await shell("grep -E '^Sig(Ign|Blk)' /proc/self/status")
        let masks = output.text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0, radix: 16) }
        #expect(masks.count == 2)
        // Signals 32 and 33 are the C library's own.
        for mask in masks { #expect(mask & 0x7FFF_FFFF == 0, "\(output.text)") }
    }

    @Test func aProgramThatTakesTooLongIsEnded() async throws {
        #expect(try await shell("exec sleep 1000", timeout: 100) == ProcessOutcome(end: .killed(signal: SIGTERM), stop: .timedOut))
    }

    /// Cancels the run when it has said as many lines as that.
    private func cancelled(_ script: String, afterLines lines: Int, grace: Int64) async throws -> ProcessOutcome {
        let (runner, output) = (try runner(), output)
        let command = ProcessCommand("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
        let run = Task { try await runner.run(command, until: .max, grace: grace) { output.append($0) } }
        while output.text.split(separator: "\n", omittingEmptySubsequences: false).count <= lines { await Task.yield() }
        run.cancel()
        return try await run.value
    }

    @Test func whatIgnoresSIGTERMIsKilledWithAllItStarted() async throws {
        // The children inherit that SIGTERM is ignored: only SIGKILL ends them.
        let outcome = try await cancelled(
            "trap '' TERM; sleep 1000 & echo $!; (sleep 1000 & echo $!; wait) & while :; do wait; done", afterLines: 2, grace: 100)
        #expect(outcome == ProcessOutcome(end: .killed(signal: SIGKILL), stop: .cancelled))
        let children = output.text.split(separator: "\n").compactMap { pid_t($0) }
        #expect(children.count == 2)
        for child in children { try await untilGone(child) }
    }

    @Test func aProgramMayEndInOrderAfterSIGTERM() async throws {
        let outcome = try await cancelled(
            "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done", afterLines: 1, grace: 200_000)
        #expect(outcome == ProcessOutcome(end: .exited(3), stop: .cancelled))
        #expect(output.text.hasPrefix("ready\n") && output.text.hasSuffix("bye\n"), "\(output.text)")
    }

    @Test func whatAProgramLeavesInTheBackgroundEndsWithIt() async throws {
        let outcome = try await shell("sleep 1000 >/dev/null 2>&1 & echo $!")
        #expect(outcome == ProcessOutcome(end: .exited(0)))
        try await untilGone(try #require(pid_t(output.text.trimmingCharacters(in: .newlines))))
    }

    @Test func whatHoldsTheOutputOpenDoesNotHoldUpTheEnd() async throws {
        let outcome = try await shell("sleep 1000 & echo $!")
        #expect(outcome == ProcessOutcome(end: .exited(0)))
        try await untilGone(try #require(pid_t(output.text.trimmingCharacters(in: .newlines))))
    }

    @Test func aCancelledRunEndsItsProgram() async throws {
        let outcome = try await cancelled("echo ready; while :; do sleep 0.01; done", afterLines: 1, grace: 200_000)
        #expect(outcome == ProcessOutcome(end: .killed(signal: SIGTERM), stop: .cancelled))
    }

    @Test func aFloodOfOutputIsReadToItsEnd() async throws {
        let outcome = try await shell("head -c 50000000 /dev/zero")
        #expect(outcome == ProcessOutcome(end: .exited(0)))
        #expect(output.count == 50_000_000)
    }

    @Test func manyRunsAtOnceEachGetTheirOwnEnd() async throws {
        let runner = try runner()
        let ends = try await withThrowingTaskGroup(of: (Int32, ProcessOutcome).self) { group in
            for code: Int32 in 0..<40 {
                group.addTask {
                    (code, try await runner.run(
                        ProcessCommand("/bin/sh", ["-c", "exit \(code)"]), until: Monotonic.milliseconds + 240_000) { _ in })
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(ends == Dictionary(uniqueKeysWithValues: (0..<40).map { ($0, ProcessOutcome(end: .exited($0))) }))
        // No zombie of ours is left: there is no child with an exit status to take.
        let children = try #require(try? String(contentsOfFile: "/proc/self/task/\(getpid())/children", encoding: .utf8))
        for child in children.split(separator: " ").compactMap({ pid_t($0) }) {
            let status = (try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)) ?? ""
            #expect(!status.contains("exit "), "\(child) is left")
        }
    }

    @Test("What cannot be started says why", arguments: [
        ("/nonexistent/program", "/", "there is no such file"), ("/etc/passwd", "/", "chmod +x"), ("/bin/true", "/nonexistent", "working folder"),
    ])
    func failures(program: String, folder: String, reason: String) async throws {
        let command = ProcessCommand(program, folder: folder)
        let error = await #expect(throws: IOError.self) {
            try await runner().run(command, until: Monotonic.milliseconds + 60_000) { _ in }
        }
        #expect("\(try #require(error))".contains(reason), "\(String(describing: error))")
    }

    @Test func aTextWithoutAnInterpreterIsNoProgram() async throws {
        let path = NSTemporaryDirectory() + "signalbox-\(UUID().uuidString)"
        try Data("echo hello\n".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        let error = await #expect(throws: IOError.self) {
            try await runner().run(ProcessCommand(path), until: Monotonic.milliseconds + 60_000) { _ in }
        }
        #expect("\(try #require(error))".contains("#!/bin/sh"))
    }
}

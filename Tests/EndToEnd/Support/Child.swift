import Foundation

/// A program in the background whose output (both streams) can be waited on.
final class Child: Sendable {
    private struct State {
        var output = ""
        var status: Int32?
    }

    let processIdentifier: Int32
    private let state: Monitor<State>

    init(_ command: [String], environment: [String: String] = [:]) throws {
        let state = Monitor(State())
        self.state = state
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.terminationHandler = { ended in
            state.with { $0.status = ended.terminationReason == .uncaughtSignal ? -ended.terminationStatus : ended.terminationStatus }
        }
        try process.run()
        processIdentifier = process.processIdentifier
        let reading = pipe.fileHandleForReading
        Thread.detachNewThread {
            while case let bytes = reading.availableData, !bytes.isEmpty {
                state.with { $0.output += String(decoding: bytes, as: UTF8.self) }
            }
        }
    }

    deinit {
        if isRunning { kill(processIdentifier, SIGKILL) }
    }

    var output: String { state.with { $0.output } }
    var isRunning: Bool { state.with { $0.status == nil } }

    /// Waits for a whole line that contains `text`, and returns it; throws when the program ends first.
    func line(containing text: String) throws -> String {
        try state.wait(for: "a line with \(text) from process \(processIdentifier)") { state in
            let lines = state.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = lines.first(where: { $0.contains(text) }) { return String(line) }
            if let status = state.status { throw Failure("ended with \(status) before saying \(text): \(state.output)") }
            return nil
        }
    }

    func signal(_ signal: Int32) {
        if isRunning { kill(processIdentifier, signal) }
    }

    /// Waits for the end; the exit code, or the negative number of the signal that killed it.
    @discardableResult
    func wait(seconds: Double = 240) throws -> Int32 {
        try state.wait(for: "the end of process \(processIdentifier)", seconds: seconds) { $0.status }
    }
}

import Foundation
import TestSupport

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
        let pipe = Pipe()
        let reading = pipe.fileHandleForReading
        let writing = pipe.fileHandleForWriting
        let program = try Program(
            ["/usr/bin/env"] + command, environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
            output: writing.fileDescriptor, error: writing.fileDescriptor)
        try writing.close()
        processIdentifier = program.pid
        Thread.detachNewThread {
            while case let bytes = reading.availableData, !bytes.isEmpty {
                state.with { $0.output += String(decoding: bytes, as: UTF8.self) }
            }
        }
        Thread.detachNewThread {
            let status = program.wait()
            state.with { $0.status = status }
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

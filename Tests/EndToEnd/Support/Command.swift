import Foundation
import TestSupport

/// What a program that ran to its end left behind.
struct Finished: Sendable, CustomStringConvertible {
    let command: [String]
    let status: Int32
    let out: String
    let err: String

    var description: String {
        "\(command.joined(separator: " ")): exit \(status)\n\(out)\n\(err)"
    }

    /// The standard output without the white space around it.
    var text: String { out.trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// Runs a program to its end.
/// - Parameters:
///   - seconds: After these it is killed, and the call throws: a client that retries for minutes is a failure.
@discardableResult
func run(
    _ command: [String], environment: [String: String] = [:], input: [UInt8] = [], folder: String? = nil,
    seconds: Double = 240
) throws -> Finished {
    let scratch = try TemporaryFolder()
    let out = try scratch.write("out", "")
    let err = try scratch.write("err", "")
    let reading = try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch.write("in", input)))
    let (writing, failing) = try (FileHandle(forWritingTo: URL(fileURLWithPath: out)), FileHandle(forWritingTo: URL(fileURLWithPath: err)))
    let program = try Program(
        ["/usr/bin/env"] + command, environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new }, folder: folder,
        input: reading.fileDescriptor, output: writing.fileDescriptor, error: failing.fileDescriptor)
    let inTime = program.hasEnded(within: seconds)
    if !inTime { kill(program.pid, SIGKILL) }
    let finished = Finished(
        command: command, status: program.wait(),
        out: try String(contentsOfFile: out, encoding: .utf8), err: try String(contentsOfFile: err, encoding: .utf8))
    guard inTime else { throw Failure("did not end in \(Int(seconds)) s: \(finished)") }
    return finished
}

/// Runs a program that must succeed, and returns its standard output, trimmed.
@discardableResult
func succeed(
    _ command: [String], environment: [String: String] = [:], input: [UInt8] = [], folder: String? = nil,
    seconds: Double = 240
) throws -> String {
    let finished = try run(command, environment: environment, input: input, folder: folder, seconds: seconds)
    guard finished.status == 0 else { throw Failure(finished.description) }
    return finished.text
}

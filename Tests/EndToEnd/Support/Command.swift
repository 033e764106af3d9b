import Foundation

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
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch.write("in", input)))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: err))
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    let inTime = ended.wait(timeout: .now() + seconds) == .success
    if !inTime {
        kill(process.processIdentifier, SIGKILL)
        ended.wait()
    }
    let finished = Finished(
        command: command, status: process.terminationStatus,
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

import Crypto
import Dispatch
import EventPattern
import Foundation

/// Matches a file of events against files of rules, one after the other, on one thread: `patterns-benchmark FOLDER [SECONDS]`.
///
/// The folder has `events.jsonl`, an event a line, and `rules_N.jsonl` and `rules_wild_N.jsonl`, a pattern a line; rule k is named
/// `rk`, from 0 on. An answer is, as its hash, the first 8 bytes of the SHA-256 of the lines `EVENT:NAMES`, the event's number
/// and the names of the rules that match it, sorted and joined by commas.
@main
struct PatternsBenchmark {
    /// What two other engines answer to the files that the generator makes (Benchmarks/patterns/README.md).
    static let answers = [
        "rules_10": "98dd46ea54611535", "rules_100": "cbce95609dc6a31a", "rules_1000": "0d49bf6360a35529",
        "rules_10000": "0aa48d88574c2664", "rules_100000": "a14367888734d7ee", "rules_wild_10": "ebc9b4734ef9511f",
        "rules_wild_100": "261943f8ec131640", "rules_wild_1000": "d0a265585bb0f508",
    ]

    static func main() {
        do {
            try run()
        } catch {
            FileHandle.standardError.write(Data("patterns-benchmark: \(error)\n".utf8))
            exit(1)
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func run() throws {
        guard (2...3).contains(CommandLine.arguments.count), let seconds = Double(CommandLine.arguments.dropFirst(2).first ?? "3"), seconds > 0 else {
            throw Failure(description: "usage: patterns-benchmark FOLDER [SECONDS FOR EACH FILE]")
        }
        let folder = CommandLine.arguments[1]
        let events = try lines(folder + "/events.jsonl")
        print("\(events.count) events, \(events.reduce(0) { $0 + $1.count } / max(events.count, 1)) bytes each; load \(load)")
        print(row("rules", "compile", "events/s", "matches", "hash", ""))
        var differing = 0
        for name in Self.names where FileManager.default.fileExists(atPath: "\(folder)/\(name).jsonl") {
            if try !measure(name, rules: lines("\(folder)/\(name).jsonl"), events, seconds) { differing += 1 }
        }
        guard differing == 0 else { throw Failure(description: "\(differing) of the answers differ from those of the other engines") }
    }

    private static let names = [10, 100, 1_000, 10_000, 100_000].map { "rules_\($0)" } + [10, 100, 1_000].map { "rules_wild_\($0)" }

    private static func lines(_ path: String) throws -> [[UInt8]] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(description: "cannot read \(path): Benchmarks/patterns/README.md says what makes it")
        }
        return data.split(separator: 0x0A).map { Array($0) }
    }

    /// Whether the answer is the known one, or none is known.
    private static func measure(_ file: String, rules: [[UInt8]], _ events: [[UInt8]], _ seconds: Double) throws -> Bool {
        let start = DispatchTime.now().uptimeNanoseconds
        var patterns: [(name: String, pattern: Pattern)] = []
        for (number, rule) in rules.enumerated() { patterns.append(("r\(number)", try Pattern.parse(rule))) }
        let matcher = PatternMatcher(patterns)
        let compiled = since(start)
        var session = MatchSession(matcher)
        // The answer, and a pass that is not measured.
        var hash = StreamingHash(.sha256)
        var matches = 0
        for (number, event) in events.enumerated() {
            let names = try session.match(event).sorted()
            matches += names.count
            hash.update(Array("\(number):\(names.joined(separator: ","))\n".utf8))
        }
        let answer = Hex.encode(Array(hash.finalize().prefix(8)))
        // Whole passes, and the fastest of them: others use the machine too.
        var best = Double.infinity
        let begin = DispatchTime.now().uptimeNanoseconds
        var seen = 0
        repeat {
            let pass = DispatchTime.now().uptimeNanoseconds
            for event in events { seen += try session.match(event).count }
            best = min(best, since(pass))
        } while since(begin) < seconds
        guard seen.isMultiple(of: max(matches, 1)) else { throw Failure(description: "two passes over the same events differ") }
        let isKnown = answers[file].map { $0 == answer }
        print(row(
            file, String(format: "%.3f s", compiled), String(Int(Double(events.count) / best)), String(matches), answer,
            isKnown.map { $0 ? "agrees" : "DIFFERS" } ?? ""))
        return isKnown != false
    }

    private static func since(_ start: UInt64) -> Double { Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9 }

    private static func row(_ cells: String...) -> String {
        zip(cells, [15, 9, 10, 9, 17, 7]).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: " ")
    }

    /// What else the machine does: the load of the last minute.
    private static var load: String {
        (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first.map(String.init) ?? "?"
    }
}

import FoundationEssentials
import JSON
import Testing

@testable import EventPattern

/// The recorded cases of other implementations, where they are at hand: `shared/fixtures` beside the project.
enum Fixtures {
    static let folder: String? = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path.count > 1 {
            folder = folder.deletingLastPathComponent()
            let candidate = folder.appending(path: "shared/fixtures/patterns").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
        }
        return nil
    }()

    static func lines(_ name: String) throws -> [JSONValue] {
        let folder = try #require(folder)
        let data = try Data(contentsOf: URL(filePath: folder + "/" + name))
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse(Array($0)) }
    }
}

@Suite(.enabled(if: Fixtures.folder != nil))
struct FixtureTests {
    @Test("every recorded event matches or does not match its pattern as recorded")
    func triples() throws {
        let cases = try Fixtures.lines("triples.jsonl")
        #expect(cases.count > 1_000)
        for line in cases {
            let id = line["id"]?.string ?? "?"
            let pattern = try #require(line["pattern"]?.string)
            let event = try #require(line["event"]?.string)
            let answer = try Pattern.parse(pattern).matches(Array(event.utf8))
            #expect(answer == line["match"]?.bool, "\(id): \(pattern) against \(event)")
        }
    }

    @Test("all recorded patterns in one matcher give the same answers as each alone")
    func together() throws {
        let cases = try Fixtures.lines("triples.jsonl")
        var patterns: [(name: Int, pattern: Pattern)] = []
        for (number, line) in cases.enumerated() {
            patterns.append((number, try Pattern.parse(try #require(line["pattern"]?.string))))
        }
        var session = MatchSession(PatternMatcher(patterns))
        for (number, line) in cases.enumerated() {
            let event = Array(try #require(line["event"]?.string).utf8)
            let names = try session.match(event)
            #expect(Set(names).count == names.count)
            #expect(names.contains(number) == line["match"]?.bool, "\(line["id"]?.string ?? "?")")
        }
    }

    @Test("recorded patterns are valid or not as recorded, with and without repeated keys")
    func validity() throws {
        let cases = try Fixtures.lines("validity.jsonl")
        #expect(cases.count > 500)
        for line in cases {
            let pattern = Array(try #require(line["pattern"]?.string).utf8)
            let id = line["id"]?.string ?? "?"
            #expect(isValid(pattern, strict: false) == line["valid"]?.bool, "\(id)")
            #expect(isValid(pattern, strict: true) == line["valid_strict_duplicates"]?.bool, "\(id)")
        }
    }

    private func isValid(_ pattern: [UInt8], strict: Bool) -> Bool {
        do throws(PatternError) {
            _ = try Pattern.parse(pattern, refusingDuplicates: strict)
            return true
        } catch {
            return false
        }
    }
}

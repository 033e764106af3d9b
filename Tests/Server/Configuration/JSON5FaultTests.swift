import JSON
import Testing
import TestSupport

@testable import Server

@Suite struct JSON5FaultTests {
    @Test("what is no JSON5 is told with its line and column", arguments: [
        ("{\n  name: \"x\",\n  gates: {approvals: {count: 1}\n  target: {}\n}", "line 4, column 3: \",\" or \"}\" should stand here, not \"t\""),
        ("{a: 1", "line 1, column 1: the object that begins here does not end"),
        ("", "line 1, column 1: a value should stand here, not the end of the text"),
        ("{\n a: \"abc\n}", "line 2, column 5: the text that begins here does not end on its line"),
        ("{a: \"ü\", b: prod}", "line 1, column 13: \"prod\" is no value: texts stand in quotes"),
        ("[1, 2 3]", "line 1, column 7: \",\" or \"]\" should stand here, not \"3\""),
        ("{a: 01}", "line 1, column 5: \"01\" is no value: texts stand in quotes"),
        ("{a: 1e+}", "line 1, column 5: \"1e+\" is no value: texts stand in quotes"),
        ("{a: 0x}", "line 1, column 5: \"0x\" is no value: texts stand in quotes"),
        ("{a: 1} x", "line 1, column 8: the text should end here, before \"x\""),
        ("{/* x\n", "line 1, column 2: the comment that begins here does not end"),
        ("{a 1}", "line 1, column 4: \":\" should stand here, behind the name of a member, not \"1\""),
        ("{1a: 1}", "line 1, column 2: the name of a member should stand here, not \"1a\""),
        ("{\r\n  \"a\": '\\u00g0'}", "line 2, column 9: this escape should have 4 hexadecimal digits"),
        ("{a: [Infinity]}", "line 1, column 6: \"Infinity\" is no number that a setting can have"),
        ("[1e400]", "line 1, column 2: \"1e400\" is no number that a setting can have"),
        ("[0x10000000000000000]", "line 1, column 2: \"0x10000000000000000\" is no number that a setting can have"),
        ("{a: 1,\n 'a': 2}", "line 2, column 2: \"a\" stands twice in one object"),
        ("['\\ud83d']", "line 1, column 3: this escape is half of a pair"),
        ("['\\udc00\\ud83d']", "line 1, column 3: this escape is half of a pair"),
        ("{a\\u0062: 1}", "line 1, column 3: \":\" should stand here, behind the name of a member, not \"\\\""),
        ("[\u{1}]", "line 1, column 2: a value should stand here, not a control character"),
        ("[1,,2]", "line 1, column 4: a value should stand here, not \",\""),
    ])
    func told(text: String, reason: String) {
        let error = #expect(throws: ConfigurationError.self) { try JSON5.parse(Array(text.utf8)) }
        #expect(error?.description == "it is not JSON5: \(reason)")
    }

    private static let whole = """
        // A comment
        {name: "x", 'two': [1, -2.5e+3, .5, 5., +1, 0x1F, true, null,], /* and
        another */ $key_1: {"a\\u00e9\\n\\'": 'say "hi"', ünicode: "a\\\nb",},}
        """

    @Test("what is JSON5 has no fault")
    func none() throws {
        _ = try JSON5Reader.read(Array(Self.whole.utf8))
        #expect(try JSON5Reader.read(Array("\u{FEFF} null // end".utf8)) == .null)
    }

    @Test("damaged text, deep nesting and bytes that are no text are errors, never traps")
    func damage() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var bytes = Array(Self.whole.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) { bytes.remove(at: place) } else { bytes[place] = .random(in: 0...255, using: &random) }
            }
            _ = try? JSON5.parse(bytes)
            do throws(JSON5Fault) {
                _ = try JSON5Reader.read(bytes)
            } catch {
                #expect((1...4).contains(error.line) || bytes.contains(0x0A) && error.column >= 1)
            }
        }
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        let tooDeep = #expect(throws: JSON5Fault.self) { try JSON5Reader.read(deep) }
        #expect(tooDeep?.reason == "it is nested too deeply")
        let error = #expect(throws: ConfigurationError.self) { try JSON5.parse([0x22, 0xFF, 0x22]) }
        #expect(error?.description == "it is not JSON5: it is not a text in UTF-8")
    }
}

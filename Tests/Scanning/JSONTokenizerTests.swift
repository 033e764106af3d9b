import JSON
import Testing
import TestSupport

@testable import Scanning

/// Puts the tokens together to a value again.
private struct Builder: TokenSink {
    private var stack: [[(String?, JSONValue)]] = [[]]
    private var isObject: [Bool] = []
    private var keys: [String?] = [nil]
    var value: JSONValue? { stack.first?.first?.1 }

    func wantsText(ofKey isKey: Bool) -> Bool { true }
    mutating func beginObject() { open(true) }
    mutating func beginArray() { open(false) }

    private mutating func open(_ object: Bool) {
        isObject.append(object)
        stack.append([])
        keys.append(nil)
    }

    mutating func end() {
        let members = stack.removeLast()
        keys.removeLast()
        if isObject.removeLast() {
            var object = JSONObject()
            for (key, value) in members { object[key ?? ""] = value }
            add(.object(object))
        } else {
            add(.array(members.map(\.1)))
        }
    }

    mutating func key(_ text: [UInt8]) { keys[keys.count - 1] = String(decoding: text, as: UTF8.self) }

    mutating func scalar(_ kind: ScalarKind, _ text: [UInt8]) {
        let text = String(decoding: text, as: UTF8.self)
        switch kind {
        case .string: add(.string(text))
        case .number: add((try? JSONValue.parse(text)) ?? .null)
        case .bool: add(.bool(text == "true"))
        case .null: add(.null)
        }
    }

    private mutating func add(_ value: JSONValue) { stack[stack.count - 1].append((keys[keys.count - 1], value)) }
}

@Suite struct JSONTokenizerTests {
    private func read(_ bytes: [UInt8], cut: Int) throws -> JSONValue? {
        var builder = Builder()
        var tokenizer = JSONTokenizer()
        try tokenizer.feed(bytes[..<cut], &builder)
        try tokenizer.feed(bytes[cut...], &builder)
        try tokenizer.finish(&builder)
        return builder.value
    }

    @Test("what is JSON reads as it should wherever it is cut", arguments: [
        "{}", "[]", "1", "-0.5e+10", "0", "true", "false", "null", "\"\"", " [1, 2 ,3] ", #"{"a": {"b": [null, true]}, "c": "d"}"#,
        #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, "\"é漢😀\"", "[[[[]]]]", "[1.0,2E5,-3]", #"{"":0}"#,
    ])
    func valid(text: String) throws {
        let bytes = Array(text.utf8)
        let expected = try JSONValue.parse(text)
        for cut in 0...bytes.count { #expect(try read(bytes, cut: cut) == expected, "\(cut)") }
    }

    @Test("what is not JSON is refused wherever it is cut", arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{1:2}", "[1 2]", "1 2", "[]]", "{]", "[}", "01", "-", "1.", "1e", "1e+", ".5", "+1", "tru", "truth",
        "nul", "nulll", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\u{1}\"", "'a'", "{\"a\" 1}", "{\"a\"::1}", "[1]:", "\u{FEFF}[]", "[NaN]", "1a", "[1-2]", "\"a\"\"b\"",
    ])
    func invalid(text: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count { #expect(throws: ScanError.self, "\(cut)") { try read(bytes, cut: cut) } }
    }

    @Test("strings that are not UTF-8 are refused", arguments: [
        [0x80], [0xC0, 0x80], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82],
    ] as [[UInt8]])
    func notUTF8(middle: [UInt8]) {
        let bytes = [0x22] + middle + [0x22]
        for cut in 0...bytes.count { #expect(throws: ScanError.self) { try read(bytes, cut: cut) } }
    }

    @Test("half of a surrogate pair is a replacement character")
    func surrogates() throws {
        for (text, expected) in [(#""\ud800""#, "\u{FFFD}"), (#""\ud800x""#, "\u{FFFD}x"), (#""\udc00""#, "\u{FFFD}"), (#""\ud800\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud800\n""#, "\u{FFFD}\n"), ("\"\\ud800é\"", "\u{FFFD}é")] {
            let bytes = Array(text.utf8)
            for cut in 0...bytes.count { #expect(try read(bytes, cut: cut) == .string(expected)) }
        }
    }

    @Test("nesting is bounded")
    func depth() {
        let deep = Array(String(repeating: "[", count: 129).utf8)
        #expect(throws: ScanError.self) { try read(deep, cut: 0) }
    }

    @Test("it takes just what the strict parser takes, but for repeated keys and halves of surrogate pairs")
    func fuzz() {
        var random = SeededGenerator(seed: 6)
        let seeds = [Reports.trivy, Reports.grype, #"{"a":[1,-2.5e3,"x\n\u00e9",true,false,null,{}],"b":"é"}"#].map { Array($0.utf8) }
        for round in 0..<4_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(Array("{}[],:\"\\0e-tfn ".utf8).randomElement(using: &random) ?? 0, at: place)
                }
            }
            let value = try? read(bytes, cut: Int.random(in: 0...bytes.count, using: &random))
            do throws(JSONError) {
                #expect(try value == JSONValue.parse(bytes))
            } catch {
                #expect(value == nil || error.reason.contains("twice") || error.reason.contains("surrogate"), "\(error)")
            }
        }
    }
}

import JSON
import Testing

@Suite("Strict JSON")
struct JSONParserTests {
    @Test("valid texts read and write back as the same compact text", arguments: [
        ("{}", "{}"), (" [ 1 , 2.50 , -0 , 1e+9 ] ", "[1,2.50,-0,1e+9]"),
        (#"{"b":1,"a":[null,true,false]}"#, #"{"b":1,"a":[null,true,false]}"#),
        (#""\u0041\n\"\\\/\ud83d\ude00""#, "\"A\\n\\\"\\\\/\u{1F600}\""),
        (#""\u0001""#, #""\u0001""#),
    ])
    func roundTrip(text: String, compact: String) throws {
        #expect(String(decoding: try JSONValue.parse(text).encoded, as: UTF8.self) == compact)
    }

    @Test("what other readers let pass is refused", arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "\u{FEFF}{}", "01", "1.", ".5", "+1", "1e", "NaN", "nul",
        "'a'", "{a:1}", "[1] 2", "\"\u{1}\"", #""\x""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "\"open", "//c\n1",
    ])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    }

    @Test("a string that is not UTF-8 is refused at its own place")
    func invalidUTF8() {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse([0x5B, 0x22, 0xFF, 0x22, 0x5D]) }
        #expect(error?.offset == 1)
    }

    @Test("what is UTF-8 and what is not is told apart at every border, with escapes before it and without", arguments: [
        ([0x7F], true), ([0xC2, 0x80], true), ([0xDF, 0xBF], true), ([0xE0, 0xA0, 0x80], true), ([0xED, 0x9F, 0xBF], true), ([0xEE, 0x80, 0x80], true),
        ([0xF0, 0x90, 0x80, 0x80], true), ([0xF4, 0x8F, 0xBF, 0xBF], true),
        ([0x80], false), ([0xC0, 0x80], false), ([0xC1, 0xBF], false), ([0xC2], false), ([0xE0, 0x9F, 0xBF], false), ([0xED, 0xA0, 0x80], false),
        ([0xE2, 0x82], false), ([0xF0, 0x8F, 0xBF, 0xBF], false), ([0xF4, 0x90, 0x80, 0x80], false), ([0xF5, 0x80, 0x80, 0x80], false), ([0xFF], false),
    ] as [([UInt8], Bool)])
    func borders(bytes: [UInt8], isText: Bool) throws {
        for before in ["", "a", #"\n"#, String(repeating: "x", count: 40)] {
            let text = Array("\"\(before)".utf8) + bytes + Array("\"".utf8)
            if isText {
                let string = try #require(try JSONValue.parse(text).string)
                #expect(Array(string.utf8.suffix(bytes.count)) == bytes)
            } else {
                #expect(throws: JSONError.self) { try JSONValue.parse(text) }
            }
        }
    }

    @Test("a repeated key is found in a large object too, and its place is said")
    func duplicateInLargeObject() {
        let members = (0..<1000).map { "\"k\($0)\":1" } + ["\"k7\":2"]
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("{" + members.joined(separator: ",") + "}") }
        #expect(error?.reason.contains("\"k7\"") == true)
    }

    @Test("nesting is bounded, so no text can exhaust the stack")
    func depth() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSONValue.parse(deep)
        #expect(throws: JSONError.self) { try JSONValue.parse("[" + deep + "]") }
        #expect(throws: JSONError.self) { try JSONValue.parse(String(repeating: "[{\"a\":", count: 1_000_000)) }
    }

    @Test("a string is written so that it reads back, whatever stands at whatever place of it")
    func escapes() throws {
        let odd: [Unicode.Scalar] = (UInt8(0)..<0x30).map { Unicode.Scalar($0) } + ["\\", "]", "[", "\u{7F}", "\u{80}", "é", "\u{2028}", "😀"]
        for scalar in odd {
            for place in 0..<20 {
                for length in [place, place + 1, place + 9] {
                    let text = String(repeating: "a", count: place) + String(scalar) + String(repeating: "b", count: length - place)
                    let written = JSONValue.string(text).encoded
                    #expect(!written.contains { $0 < 0x20 })
                    #expect(try JSONValue.parse(written) == .string(text))
                }
            }
        }
    }

    @Test("a control character is refused, and an end without a quote, at whatever place", arguments: 0..<20)
    func unescaped(place: Int) {
        let start = Array("\"".utf8) + Array(repeating: UInt8(ascii: "a"), count: place)
        #expect(throws: JSONError.self) { try JSONValue.parse(start) }
        #expect(throws: JSONError.self) { try JSONValue.parse(start + [UInt8(ascii: "\\")]) }
        for byte in UInt8(0)..<0x20 {
            #expect(throws: JSONError.self) { try JSONValue.parse(start + [byte] + Array("bbbbbbbbbb\"".utf8)) }
        }
    }

    @Test("no damaged text traps: it is read or refused")
    func fuzz() {
        var random = SplitMix(seed: 7)
        let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",{"b":null}],"c":true}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(seed.randomElement(using: &random) ?? 0, at: at)
                }
            }
            guard let value = try? JSONValue.parse(bytes) else { continue }
            #expect((try? JSONValue.parse(value.encoded)) == value)
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

import JSON
import Testing

@testable import Server

@Suite("JSON5")
struct JSON5Tests {
    @Test("plain JSON means what it means", arguments: [
        "null", "true", "[]", "{}", "0", "-17", "1.5", "0.1", "9223372036854775807", #""""#, #""\u00e9 \" \\ \/ \n \ud83d\ude00""#,
        #"{"a":[1,2.5,{"b":null}],"c":"d","e":false}"#,
    ])
    func plain(text: String) throws {
        #expect(try JSON5.parse(Array(text.utf8)) == JSONValue.parse(text))
    }

    @Test("what JSON5 has beside it means this", arguments: [
        ("// a\n1 /* b */", "1"), ("[1,]", "[1]"), ("{a: 1, 'b': 2, \"c\": 3, $d_1: 4, ü: 5,}", #"{"a":1,"b":2,"c":3,"$d_1":4,"ü":5}"#),
        ("'it\\'s \"one\"'", #""it's \"one\"""#), (#"'\x41\v\0\q'"#, #""A\u000b\u0000q""#), ("'a\\\nb\\\r\nc'", #""abc""#),
        ("+1", "1"), (".5", "0.5"), ("5.", "5"), ("-.5", "-0.5"), ("0x1F", "31"), ("-0Xe", "-14"), ("1e3", "1000"), ("1.0", "1"), ("+.5e1", "5"),
        ("9223372036854775808", "9223372036854775808"), ("-0", "0"), ("1E-2", "0.01"),
    ])
    func more(text: String, plain: String) throws {
        let read = try JSON5.parse(Array(text.utf8))
        #expect(try JSONValue.parse(read.encoded) == JSONValue.parse(plain) || number(read) == Double(plain), "\(read)")
    }

    private func number(_ value: JSONValue) -> Double? {
        if case .number(let number) = value { Double(number.text) } else { nil }
    }
}

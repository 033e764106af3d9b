import JSON
import Testing

@Suite("JSON, as it is written")
struct JSONWriterTests {
    @Test("integers at the edges of their types")
    func integers() {
        #expect(written { $0.int(Int64.min) } == "-9223372036854775808")
        #expect(written { $0.int(Int64.max) } == "9223372036854775807")
        #expect(written { $0.int(UInt64.max) } == "18446744073709551615")
        #expect(written { $0.int(Int8.min) } == "-128")
        #expect(written { $0.int(0) } == "0")
        #expect(written { $0.int(Int128.min) } == "\(Int128.min)")
        #expect(written { $0.int(UInt128.max) } == "\(UInt128.max)")
        #expect(written { $0.int(UInt128(UInt64.max) + 1) } == "18446744073709551616")
    }

    @Test("integers around each power of ten")
    func powers() {
        var power: UInt64 = 1
        for _ in 0..<20 {
            for number in [power - 1, power, power + 1, power &* 9] { #expect(written { $0.int(number) } == "\(number)") }
            power &*= 10
        }
    }

    @Test("members are written alike, however their keys are known and their texts begin and end", arguments: [
        "", "a", "12345678", "a text of more than sixteen bytes, and of more than a word", "é😀", "\"", "\\", "\u{1}", "a\"", "12345678\n", "1234567\t8\\",
    ])
    func members(text: String) throws {
        let known = written { json in
            json.beginObject()
            json.member("key", text)
            json.member("k", ifPresent: text)
            json.member("none", ifPresent: nil)
            json.member("number", -7)
            json.member("yes", true)
            json.key("plain")
            json.plain(count: 9) { out in out.append(copying: "plain") }
            json.key("list")
            json.beginArray()
            json.string(text)
            json.plain(count: 0) { _ in }
            json.endArray()
            json.endObject()
        }
        let named = written { json in
            json.beginObject()
            for key in ["key", "k"] {
                json.key(named: key)
                json.string(text)
            }
            json.key(named: "number")
            json.int(-7)
            json.key(named: "yes")
            json.bool(true)
            json.key(named: "plain")
            json.string("plain")
            json.key(named: "list")
            json.beginArray()
            json.string(text)
            json.string("")
            json.endArray()
            json.endObject()
        }
        #expect(known == named)
        let value = try JSONValue.parse(known)
        #expect(value["key"]?.string == text && value["list"]?.array?.first?.string == text && value["none"] == nil)
    }

    @Test("what is appended to stays in front of it, however often it grows")
    func appending() {
        var bytes = Array("before".utf8)
        for number in 0..<2000 {
            var writer = JSONWriter(appendingTo: bytes)
            writer.int(number)
            bytes = writer.bytes
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "before" + (0..<2000).map { "\($0)" }.joined())
    }

    private func written(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

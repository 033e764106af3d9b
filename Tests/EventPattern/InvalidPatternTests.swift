import Testing

@testable import EventPattern

struct InvalidPatternTests {
    @Test("a bad pattern is refused with the place at fault", arguments: [
        (#"[1]"#, "", 0),
        (#""x""#, "", 0),
        (#"{}"#, "", 0),
        (#"{"a":{}}"#, "/a", 5),
        (#"{"a":[]}"#, "/a", 5),
        (#"{"a":"x"}"#, "/a", 5),
        (#"{"a":[["x"]]}"#, "/a/0", 6),
        (#"{"a":["x",{}]}"#, "/a/1", 10),
        (#"{"a":[{"like":"x"}]}"#, "/a/0/like", 7),
        (#"{"a":[{"prefix":1}]}"#, "/a/0/prefix", 16),
        (#"{"a":[{"prefix":"x","suffix":"y"}]}"#, "/a/0", 20),
        (#"{"a":[{"prefix":{"wildcard":"x"}}]}"#, "/a/0/prefix/wildcard", 17),
        (#"{"a":[{"suffix":{"equals-ignore-case":1}}]}"#, "/a/0/suffix/equals-ignore-case", 38),
        (#"{"a":[{"wildcard":"a**b"}]}"#, "/a/0/wildcard", 18),
        (#"{"a":[{"wildcard":"a\\b"}]}"#, "/a/0/wildcard", 18),
        (#"{"a":[{"wildcard":"a\\"}]}"#, "/a/0/wildcard", 18),
        (#"{"a":[{"exists":"yes"}]}"#, "/a/0/exists", 16),
        (#"{"a":[{"cidr":"10.0.0.0"}]}"#, "/a/0/cidr", 14),
        (#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, "/a/0/cidr", 14),
        (#"{"a":[{"cidr":"10.0.0/8"}]}"#, "/a/0/cidr", 14),
        (#"{"a":[{"cidr":"::/129"}]}"#, "/a/0/cidr", 14),
        (#"{"a":[{"cidr":":::/12"}]}"#, "/a/0/cidr", 14),
        (#"{"a":[{"anything-but":[]}]}"#, "/a/0/anything-but", 22),
        (#"{"a":[{"anything-but":["x",1]}]}"#, "/a/0/anything-but/1", 27),
        (#"{"a":[{"anything-but":null}]}"#, "/a/0/anything-but", 22),
        (#"{"a":[{"anything-but":{"prefix":""}}]}"#, "/a/0/anything-but/prefix", 32),
        (#"{"a":[{"anything-but":{"numeric":["=",1]}}]}"#, "/a/0/anything-but/numeric", 23),
        (#"{"a":[{"numeric":[]}]}"#, "/a/0/numeric", 17),
        (#"{"a":[{"numeric":["!=",1]}]}"#, "/a/0/numeric/0", 18),
        (#"{"a":[{"numeric":["=","1"]}]}"#, "/a/0/numeric/1", 22),
        (#"{"a":[{"numeric":["=",1e309]}]}"#, "/a/0/numeric/1", 22),
        (#"{"a":[{"numeric":["<",5,">",1]}]}"#, "/a/0/numeric", 18),
        (#"{"a":[{"numeric":[">",5,"<",1]}]}"#, "/a/0/numeric", 28),
        (#"{"$or":{"a":[1]}}"#, "/$or", 7),
        (#"{"$or":[{"a":[1]}]}"#, "/$or", 7),
        (#"{"$or":[{"a":[1]},[1]]}"#, "/$or/1", 18),
        (#"{"$or":[{"a":[1]},{"prefix":["x"]}]}"#, "/$or/1/prefix", 19),
        (#"{"a/b":{"c~d":1}}"#, "/a~1b/c~0d", 14),
        (#"{"a":["x",]}"#, "", 10),
        (#"{"a":["x"]} x"#, "", 12),
        (#"{"a":["\ud800"]}"#, "", 9),
        (#"{'a':["x"]}"#, "", 1),
        (#"{"a":[01]}"#, "", 6),
        ("", "", 0),
    ])
    func places(_ text: String, _ pointer: String, _ offset: Int) {
        #expect(throws: PatternError.self) { try Pattern.parse(text) }
        do throws(PatternError) {
            _ = try Pattern.parse(text)
        } catch {
            #expect(error.pointer == pointer)
            #expect(error.offset == offset)
            #expect(!error.reason.isEmpty)
        }
    }

    @Test("a repeated field is refused where the reader was told to refuse it")
    func duplicates() throws {
        let text = Array(#"{"a":[1],"b":{"c":[1]},"b.c":[2]}"#.utf8)
        _ = try Pattern.parse(text)
        #expect(throws: PatternError.self) { try Pattern.parse(text, refusingDuplicates: true) }
    }

    @Test("a pattern is bounded in size, depth, alternatives and fields")
    func bounds() {
        let products = (0..<12).map { #""k\#($0)":{"$or":[{"a":[1]},{"b":[1]}]}"# }.joined(separator: ",")
        expectReason(of: "{\(products)}", contains: "alternatives")
        let many = (0..<300).map { #"{"f\#($0)":[1]}"# }.joined(separator: ",")
        let fields = (0..<100).map { #""g\#($0)":[1]"# }.joined(separator: ",")
        expectReason(of: "{\(fields),\"$or\":[\(many)]}", contains: "multiplied out")
        expectReason(of: String(repeating: #"{"a":"#, count: 100), contains: "nested")
        expectReason(of: #"{"a":["\#(String(repeating: "x", count: 70_000))"]}"#, contains: "bytes")
        expectReason(of: #"{"a":[{"wildcard":"*\#(String(repeating: "x", count: 5_000))"}]}"#, contains: "wildcards")
    }

    private func expectReason(of text: String, contains words: String) {
        do throws(PatternError) {
            _ = try Pattern.parse(text)
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains(words))
        }
    }
}

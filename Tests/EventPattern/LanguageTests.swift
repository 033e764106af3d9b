import Testing

@testable import EventPattern

struct LanguageCase: Sendable, CustomTestStringConvertible {
    let pattern: String
    let event: String
    let matches: Bool

    init(_ pattern: String, _ event: String, _ matches: Bool) {
        self.pattern = pattern
        self.event = event
        self.matches = matches
    }

    var testDescription: String { "\(pattern) \(matches ? "matches" : "does not match") \(event)" }
}

struct LanguageTests {
    @Test("a field's array is a list of what it may be, by exact value and kind", arguments: [
        LanguageCase(#"{"type":["pushed","deleted"]}"#, #"{"type":"deleted"}"#, true),
        LanguageCase(#"{"type":["pushed"]}"#, #"{"type":"pushed2"}"#, false),
        LanguageCase(#"{"type":["pushed"]}"#, #"{"other":"pushed"}"#, false),
        LanguageCase(#"{"type":[{"exactly":"pushed"}]}"#, #"{"type":"pushed"}"#, true),
        LanguageCase(#"{"n":[1]}"#, #"{"n":"1"}"#, false),
        LanguageCase(#"{"n":["1"]}"#, #"{"n":1}"#, false),
        LanguageCase(#"{"n":[null]}"#, #"{"n":null}"#, true),
        LanguageCase(#"{"n":[null]}"#, #"{}"#, false),
        LanguageCase(#"{"n":[true]}"#, #"{"n":false}"#, false),
        LanguageCase(#"{"n":[true, false]}"#, #"{"n":false}"#, true),
        LanguageCase(#"{"n":["true"]}"#, #"{"n":true}"#, false),
        LanguageCase(#"{"a":["x"],"b":["y"]}"#, #"{"b":"y","a":"x"}"#, true),
        LanguageCase(#"{"a":["x"],"b":["y"]}"#, #"{"b":"z","a":"x"}"#, false),
        LanguageCase(#"{"data":{"tag":["v1"]}}"#, #"{"data":{"tag":"v1"},"tag":"v2"}"#, true),
        LanguageCase(#"{"data":{"tag":["v1"]}}"#, #"{"tag":"v1"}"#, false),
        LanguageCase(#"{"data.tag":["v1"]}"#, #"{"data":{"tag":"v1"}}"#, true),
        LanguageCase(#"{"data":{"org.title":["t"]}}"#, #"{"data":{"org.title":"t"}}"#, true),
        LanguageCase(#"{"x":["y"],"x":["z"]}"#, #"{"x":"z"}"#, true),
        LanguageCase(#"{"x":["y"],"x":["z"]}"#, #"{"x":"y"}"#, false),
    ])
    func exact(_ given: LanguageCase) throws { try check(given) }

    @Test("text is compared as text, however it is escaped", arguments: [
        LanguageCase(#"{"a":["é/\"\\"]}"#, #"{"a":"\u00e9\/\u0022\u005c"}"#, true),
        LanguageCase(#"{"\u0061":["x"]}"#, #"{"a":"x"}"#, true),
        LanguageCase(#"{"a":["x"]}"#, #"{"\u0061":"x"}"#, true),
        LanguageCase(#"{"a":["😀"]}"#, #"{"a":"\ud83d\ude00"}"#, true),
        LanguageCase(#"{"a":[{"prefix":"\n"}]}"#, #"{"a":"\nx"}"#, true),
        LanguageCase(#"{"a.b":["x"]}"#, #"{"a\u002eb":"x"}"#, true),
    ])
    func escapes(_ given: LanguageCase) throws { try check(given) }

    @Test("strings are matched by their beginning, end or shape", arguments: [
        LanguageCase(#"{"a":[{"prefix":"prod/"}]}"#, #"{"a":"prod/web"}"#, true),
        LanguageCase(#"{"a":[{"prefix":"prod/"}]}"#, #"{"a":"prod"}"#, false),
        LanguageCase(#"{"a":[{"prefix":""}]}"#, #"{"a":""}"#, true),
        LanguageCase(#"{"a":[{"prefix":""}]}"#, #"{"a":1}"#, false),
        LanguageCase(#"{"a":[{"prefix":{"equals-ignore-case":"PROD"}}]}"#, #"{"a":"pRoDuct"}"#, true),
        LanguageCase(#"{"a":[{"suffix":"-rc"}]}"#, #"{"a":"v1-rc"}"#, true),
        LanguageCase(#"{"a":[{"suffix":"-rc"}]}"#, #"{"a":"v1-rc1"}"#, false),
        LanguageCase(#"{"a":[{"suffix":"aab"}]}"#, #"{"a":"aaaab"}"#, true),
        LanguageCase(#"{"a":[{"suffix":{"equals-ignore-case":"-RC"}}]}"#, #"{"a":"v1-rC"}"#, true),
        LanguageCase(#"{"a":[{"equals-ignore-case":"LaTest"}]}"#, #"{"a":"latEST"}"#, true),
        LanguageCase(#"{"a":[{"equals-ignore-case":"latest"}]}"#, #"{"a":"latest2"}"#, false),
        LanguageCase(#"{"a":[{"equals-ignore-case":"ÄRGER-ß"}]}"#, #"{"a":"ärger-SS"}"#, true),
        LanguageCase(#"{"a":[{"wildcard":"v*.0"}]}"#, #"{"a":"v1.2.0"}"#, true),
        LanguageCase(#"{"a":[{"wildcard":"v*.0"}]}"#, #"{"a":"v1.2.01"}"#, false),
        LanguageCase(#"{"a":[{"wildcard":"*"}]}"#, #"{"a":""}"#, true),
        LanguageCase(#"{"a":[{"wildcard":"*a*b*"}]}"#, #"{"a":"xbxaxb"}"#, true),
        LanguageCase(#"{"a":[{"wildcard":"*a*b*"}]}"#, #"{"a":"xbxa"}"#, false),
        LanguageCase(#"{"a":[{"wildcard":"1\\*2\\\\*"}]}"#, #"{"a":"1*2\\3"}"#, true),
        LanguageCase(#"{"a":[{"wildcard":"1\\*2"}]}"#, #"{"a":"1x2"}"#, false),
        LanguageCase(#"{"a":[{"wildcard":""}]}"#, #"{"a":""}"#, true),
    ])
    func shapes(_ given: LanguageCase) throws { try check(given) }

    @Test("anything-but needs a value that is none of those", arguments: [
        LanguageCase(#"{"a":[{"anything-but":"latest"}]}"#, #"{"a":"v1"}"#, true),
        LanguageCase(#"{"a":[{"anything-but":"latest"}]}"#, #"{"a":"latest"}"#, false),
        LanguageCase(#"{"a":[{"anything-but":"latest"}]}"#, #"{"b":1}"#, false),
        LanguageCase(#"{"a":[{"anything-but":"latest"}]}"#, #"{"a":7}"#, true),
        LanguageCase(#"{"a":[{"anything-but":"latest"}]}"#, #"{"a":null}"#, true),
        LanguageCase(#"{"a":[{"anything-but":["x","y"]}]}"#, #"{"a":"y"}"#, false),
        LanguageCase(#"{"a":[{"anything-but":["x","y"]}]}"#, #"{"a":["x","z"]}"#, true),
        LanguageCase(#"{"a":[{"anything-but":["x","y"]}]}"#, #"{"a":["x","y"]}"#, false),
        LanguageCase(#"{"a":[{"anything-but":[1, 2]}]}"#, #"{"a":2.0}"#, false),
        LanguageCase(#"{"a":[{"anything-but":1}]}"#, #"{"a":"1"}"#, true),
        LanguageCase(#"{"a":[{"anything-but":{"prefix":"pr-"}}]}"#, #"{"a":"pr-7"}"#, false),
        LanguageCase(#"{"a":[{"anything-but":{"prefix":["pr-","dev"]}}]}"#, #"{"a":"main"}"#, true),
        LanguageCase(#"{"a":[{"anything-but":{"suffix":["-rc","-beta"]}}]}"#, #"{"a":"v1-beta"}"#, false),
        LanguageCase(#"{"a":[{"anything-but":{"equals-ignore-case":["DEV"]}}]}"#, #"{"a":"dev"}"#, false),
        LanguageCase(#"{"a":[{"anything-but":{"wildcard":["*-snapshot*","tmp*"]}}]}"#, #"{"a":"1-snapshot-2"}"#, false),
        LanguageCase(#"{"a":[{"anything-but":{"wildcard":"*-snapshot*"}}]}"#, #"{"a":"1-release"}"#, true),
    ])
    func anythingBut(_ given: LanguageCase) throws { try check(given) }

    @Test("numbers are compared by value, exactly", arguments: [
        LanguageCase(#"{"n":[300]}"#, #"{"n":3.0e2}"#, true),
        LanguageCase(#"{"n":[0]}"#, #"{"n":-0.0}"#, true),
        LanguageCase(#"{"n":[9007199254740993]}"#, #"{"n":9007199254740992}"#, false),
        LanguageCase(#"{"n":[{"numeric":["=",0.1]}]}"#, #"{"n":0.10}"#, true),
        LanguageCase(#"{"n":[{"numeric":[">",5]}]}"#, #"{"n":5}"#, false),
        LanguageCase(#"{"n":[{"numeric":[">=",5]}]}"#, #"{"n":5}"#, true),
        LanguageCase(#"{"n":[{"numeric":["<",-1e2]}]}"#, #"{"n":-100.5}"#, true),
        LanguageCase(#"{"n":[{"numeric":["<=",5]}]}"#, #"{"n":5.000000000000000001}"#, false),
        LanguageCase(#"{"n":[{"numeric":[">",0,"<=",5]}]}"#, #"{"n":5}"#, true),
        LanguageCase(#"{"n":[{"numeric":[">",0,"<=",5]}]}"#, #"{"n":0}"#, false),
        LanguageCase(#"{"n":[{"numeric":[">",0]}]}"#, #"{"n":"1"}"#, false),
        LanguageCase(#"{"n":[{"numeric":[">",0]}]}"#, #"{"n":1e400}"#, true),
        LanguageCase(#"{"n":[{"numeric":[">",-1,"<",1]}]}"#, #"{"n":-0.5}"#, true),
    ])
    func numbers(_ given: LanguageCase) throws { try check(given) }

    @Test("exists asks for a value or for none; objects are no values", arguments: [
        LanguageCase(#"{"a":[{"exists":true}]}"#, #"{"a":null}"#, true),
        LanguageCase(#"{"a":[{"exists":true}]}"#, #"{"a":[]}"#, false),
        LanguageCase(#"{"a":[{"exists":true}]}"#, #"{"a":{"b":1}}"#, false),
        LanguageCase(#"{"a":[{"exists":false}]}"#, #"{"b":1}"#, true),
        LanguageCase(#"{"a":[{"exists":false}]}"#, #"{}"#, true),
        LanguageCase(#"{"a":[{"exists":false}]}"#, #"{"a":""}"#, false),
        LanguageCase(#"{"a":[{"exists":false},"x"]}"#, #"{"a":"x"}"#, true),
        LanguageCase(#"{"a":[{"exists":false},"x"]}"#, #"{"a":"y"}"#, false),
    ])
    func exists(_ given: LanguageCase) throws { try check(given) }

    @Test("addresses are compared as addresses", arguments: [
        LanguageCase(#"{"ip":[{"cidr":"10.0.0.0/8"}]}"#, #"{"ip":"10.200.3.4"}"#, true),
        LanguageCase(#"{"ip":[{"cidr":"10.0.0.0/8"}]}"#, #"{"ip":"11.0.0.0"}"#, false),
        LanguageCase(#"{"ip":[{"cidr":"10.0.0.0/8"}]}"#, #"{"ip":"10.0.0"}"#, false),
        LanguageCase(#"{"ip":[{"cidr":"10.1.2.3/32"}]}"#, #"{"ip":"10.1.2.3"}"#, true),
        LanguageCase(#"{"ip":[{"cidr":"0.0.0.0/0"}]}"#, #"{"ip":"::1"}"#, false),
        LanguageCase(#"{"ip":[{"cidr":"2001:db8::/32"}]}"#, #"{"ip":"2001:0DB8:1::5"}"#, true),
        LanguageCase(#"{"ip":[{"cidr":"2001:db8::/32"}]}"#, #"{"ip":"2001:db9::"}"#, false),
        LanguageCase(#"{"ip":[{"cidr":"10.0.0.0/8"}]}"#, #"{"ip":"::ffff:10.1.1.1"}"#, true),
        LanguageCase(#"{"ip":["2001:db8::1"]}"#, #"{"ip":"2001:db8:0:0:0:0:0:1"}"#, true),
    ])
    func addresses(_ given: LanguageCase) throws { try check(given) }

    @Test("$or takes one of several alternatives, at any depth", arguments: [
        LanguageCase(#"{"$or":[{"a":["x"]},{"b":["y"]}]}"#, #"{"b":"y"}"#, true),
        LanguageCase(#"{"$or":[{"a":["x"]},{"b":["y"]}]}"#, #"{"a":"y"}"#, false),
        LanguageCase(#"{"c":[1],"$or":[{"a":["x"]},{"b":["y"]}]}"#, #"{"b":"y"}"#, false),
        LanguageCase(#"{"d":{"$or":[{"a":["x"]},{"b":["y"],"$or":[{"e":[1]},{"e":[2]}]}]}}"#, #"{"d":{"b":"y","e":2}}"#, true),
        LanguageCase(#"{"d":{"$or":[{"a":["x"]},{"b":["y"],"$or":[{"e":[1]},{"f":[2]}]}]}}"#, #"{"d":{"b":"y","e":2}}"#, false),
        LanguageCase(#"{"a":["x"],"$or":[{"a":["y"]},{"b":[1]}]}"#, #"{"a":"y"}"#, true),
    ])
    func alternatives(_ given: LanguageCase) throws { try check(given) }

    @Test("one element of an array is enough, and fields of different elements do not mix", arguments: [
        LanguageCase(#"{"t":["a","b"]}"#, #"{"t":["x","b"]}"#, true),
        LanguageCase(#"{"t":["a","b"]}"#, #"{"t":[["x",["b"]]]}"#, true),
        LanguageCase(#"{"e":{"n":["Ann"],"s":["Lee"]}}"#, #"{"e":[{"n":"Ann","s":"Fox"},{"n":"Bob","s":"Lee"}]}"#, false),
        LanguageCase(#"{"e":{"n":["Ann"],"s":["Lee"]}}"#, #"{"e":[{"n":"Bob"},{"n":"Ann","s":"Lee"}]}"#, true),
        LanguageCase(#"{"e":{"n":["Ann"],"i":[{"exists":false}]}}"#, #"{"e":[{"n":"Bob","i":1},{"n":"Ann"}]}"#, true),
        LanguageCase(#"{"e":{"n":["Ann"],"i":[{"exists":false}]}}"#, #"{"e":[{"n":"Bob"},{"n":"Ann","i":1}]}"#, false),
        LanguageCase(#"{"e":{"i":[{"exists":false}]}}"#, #"{"e":[{"n":"Bob"},{"n":"Ann","i":1}]}"#, false),
        LanguageCase(#"{"e":{"n":[1],"f":{"x":[2],"y":[3]}}}"#, #"{"e":[{"n":1,"f":[{"x":2},{"y":3}]},{"n":1,"f":[{"x":2,"y":3}]}]}"#, true),
        LanguageCase(#"{"e":{"n":[1],"f":{"x":[2],"y":[3]}}}"#, #"{"e":[{"n":1,"f":[{"x":2},{"y":3}]},{"n":4,"f":[{"x":2,"y":3}]}]}"#, false),
        LanguageCase(#"{"e":{"n":[1]},"g":{"n":[2]}}"#, #"{"e":[{"n":0},{"n":1}],"g":[{"n":2}]}"#, true),
    ])
    func arrays(_ given: LanguageCase) throws { try check(given) }

    private func check(_ given: LanguageCase) throws {
        let matches = try Pattern.parse(given.pattern).matches(Array(given.event.utf8))
        #expect(matches == given.matches)
    }
}

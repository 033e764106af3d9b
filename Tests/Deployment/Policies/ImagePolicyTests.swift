import JSON
import OCI
import Testing
import TestSupport

@testable import Deployment

@Suite struct ImagePolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let policy: String
        let admitted: [String]
        let refused: [String]
        /// From the oldest to the newest, of those that are admitted.
        var order: [String] = []
        var testDescription: String { policy }
    }

    static let cases = [
        Case(policy: #"{"semver": "^1.2"}"#, admitted: ["v1.2.0", "1.10.0"], refused: ["v2.0.0", "1.2", "latest", "1.3.0-rc.1"],
             order: ["1.2.0", "v1.2.1", "v1.9.0", "1.10.0"]),
        Case(policy: #"{"semver": "*", "filter": "^release-(?<v>.+)$", "extract": "$v"}"#, admitted: ["release-1.0.0"], refused: ["1.0.0", "release-"],
             order: ["release-9.0.0", "release-10.0.0"]),
        Case(policy: #"{"calver": "YYYY.0M.MICRO"}"#, admitted: ["2024.01.3"], refused: ["2024.1.3", "1.2.3"], order: ["2023.12.9", "2024.01.3"]),
        Case(policy: #"{"numerical": "asc"}"#, admitted: ["7", "1700000000"], refused: ["v7", "a", "1.2.3"], order: ["2", "10", "10.25", "10.5", "11"]),
        Case(policy: #"{"numerical": "desc"}"#, admitted: ["7"], refused: [], order: ["10", "9"]),
        Case(policy: #"{"numerical": "asc", "filter": "^main-[a-f0-9]+-(?P<ts>[0-9]+)$", "extract": "$ts"}"#,
             admitted: ["main-abc-99"], refused: ["dev-abc-99", "main-xyz-1"], order: ["main-fff-99", "main-aaa-100"]),
        Case(policy: #"{"alphabetical": "asc"}"#, admitted: ["a", "Z"], refused: [], order: ["RELEASE.2023", "RELEASE.2024"]),
        Case(policy: #"{"alphabetical": "desc"}"#, admitted: ["a"], refused: [], order: ["b", "a"]),
        Case(policy: #"{"newest": true}"#, admitted: ["anything"], refused: []),
        Case(policy: #"{"newest": true, "filter": "^main-"}"#, admitted: ["main-1"], refused: ["dev-main-1"]),
        Case(policy: #""newest""#, admitted: ["anything"], refused: []),
        Case(policy: #"{"digest": "latest"}"#, admitted: ["latest"], refused: ["latest1", "v1"]),
        Case(policy: #""glob:v*""#, admitted: ["v", "v1.2"], refused: ["1", "av"]),
        Case(policy: #""glob:v1.?-*""#, admitted: ["v1.2-a"], refused: ["v112-a", "v1.22-a"]),
        Case(policy: #""regex:^v\\d+$""#, admitted: ["v12"], refused: ["v1.2", "xv12"]),
        Case(policy: #""regex:rc""#, admitted: ["v1-rc1"], refused: ["v1"]),
    ]

    private func version(_ tag: String?, _ number: UInt8, pushed: Int64 = 0, _ sequence: UInt64 = 0) throws -> ImageVersion {
        ImageVersion(
            tag: tag, digest: try #require(Digest(.sha256, bytes: Array(repeating: number, count: 32))), pushed: pushed, sequence: sequence)
    }

    @Test("a policy admits the tags that are meant and puts them in order", arguments: cases)
    func policies(_ example: Case) throws {
        let json = try JSONValue.parse(example.policy)
        let policy = try ImagePolicy(json)
        #expect(policy.encoded == json)
        for tag in example.admitted + example.order { #expect(policy.admits(tag).isYes, "\(policy.admits(tag))") }
        for tag in example.refused { #expect(!policy.admits(tag).isYes, "\(policy.admits(tag))") }
        for (index, tag) in example.order.enumerated() {
            for (other, current) in example.order.enumerated() where index != other {
                let verdict = policy.isNewer(try version(tag, UInt8(index)), than: try version(current, UInt8(other)))
                #expect(verdict.isYes == (index > other), "\(verdict)")
            }
        }
    }

    @Test("the same digest is never newer, anything is newer than nothing", arguments: cases)
    func edges(_ example: Case) throws {
        let policy = try ImagePolicy(try JSONValue.parse(example.policy))
        let tag = try #require(example.admitted.first)
        #expect(!policy.isNewer(try version(tag, 1, pushed: 9), than: try version(tag, 1, pushed: 1)).isYes)
        #expect(policy.isNewer(try version(tag, 1), than: nil).isYes)
    }

    @Test("by push: what was pushed later is newer, whatever its tag", arguments: [#"{"newest": true}"#, #"{"digest": "a"}"#, #""glob:*""#, #""regex:.""#])
    func byPush(text: String) throws {
        let policy = try ImagePolicy(try JSONValue.parse(text))
        #expect(policy.isNewer(try version("a", 1, pushed: 2), than: try version("a", 2, pushed: 1)).isYes)
        #expect(policy.isNewer(try version("a", 1, pushed: 2), than: try version("a", 2, pushed: 2)).isYes)
        #expect(!policy.isNewer(try version("a", 1, pushed: 1), than: try version("a", 2, pushed: 2)).isYes)
        // Of two in one millisecond, and whatever the clock did, the log knows which came later.
        for time in [Int64(1), 2, 3] {
            #expect(policy.isNewer(try version("a", 1, pushed: time, 8), than: try version("a", 2, pushed: 2, 7)).isYes)
            #expect(!policy.isNewer(try version("a", 1, pushed: time, 7), than: try version("a", 2, pushed: 2, 8)).isYes)
        }
    }

    @Test("reasons are in words")
    func reasons() throws {
        let policy = try ImagePolicy(try JSONValue.parse(#"{"semver": "*"}"#))
        #expect(policy.isNewer(try version("v9.0.0", 1), than: try version("v10.0.0", 2)).reason == "v9.0.0 is older than v10.0.0, which is deployed")
        #expect(policy.admits("main").reason == "main is not a semantic version such as 1.2.3")
        #expect(policy.admits("1.0.0-rc.1").reason == "1.0.0-rc.1 is a pre-release, and the range * names none (>=1.2.3-0 would)")
        #expect(policy.isNewer(try version("1.0.0", 1), than: try version("1.0.0", 2)).reason
            == "1.0.0 is deployed already, as another digest; the policies \"digest\" and \"newest\" go by content")
        #expect(policy.isNewer(try version("1.0.0", 1), than: try version("main", 2)).reason
            == "main, which is deployed, has no version in this policy")
        #expect(!policy.isNewer(try version(nil, 1), than: try version("1.0.0", 2)).isYes)
        #expect(policy.isNewer(try version("1.0.0", 1), than: try version(nil, 2)).isYes)
    }

    @Test("of two versions at most one is newer, whatever the tags", arguments: cases)
    func antisymmetry(_ example: Case) throws {
        let policy = try ImagePolicy(try JSONValue.parse(example.policy))
        var random = SeededGenerator(seed: 5)
        let letters = Array("v0129.-abrc")
        for _ in 0..<500 {
            let tags = (0..<2).map { _ in String((0..<Int.random(in: 1...7, using: &random)).compactMap { _ in letters.randomElement(using: &random) }) }
            let left = try version(tags[0], 1, pushed: 1)
            let right = try version(tags[1], 2, pushed: 2)
            #expect(!(policy.isNewer(left, than: right).isYes && policy.isNewer(right, than: left).isYes)
                || !policy.admits(tags[0]).isYes || !policy.admits(tags[1]).isYes)
        }
    }

    @Test("what is no policy is refused, with the member at fault", arguments: [
        (#"1"#, ""), (#""oldest""#, ""), (#""glob:""#, ""), (#""glob:a[b""#, ""), (#""regex:(""#, ""), (#""regex:(a)\\1""#, ""), ("{}", ""),
        (#"{"semver": "1", "newest": true}"#, ""), (#"{"semver": 1}"#, "/semver"), (#"{"semver": "a"}"#, "/semver"), (#"{"semvar": "1"}"#, "/semvar"),
        (#"{"calver": "MM"}"#, "/calver"), (#"{"newest": false}"#, "/newest"), (#"{"digest": "a b"}"#, "/digest"), (#"{"digest": ["a"]}"#, "/digest"),
        (#"{"numerical": "up"}"#, "/numerical"), (#"{"newest": true, "extract": "$1"}"#, "/extract"), (#"{"newest": true, "filter": 1}"#, "/filter"),
        (#"{"newest": true, "filter": "["}"#, "/filter"), (#"{"numerical": "asc", "filter": "a(b)", "extract": "$2"}"#, "/extract"),
        (#"{"numerical": "asc", "filter": "a(b)", "extract": "$x"}"#, "/extract"), (#"{"numerical": "asc", "filter": "a", "extract": "${1"}"#, "/extract"),
        (#"{"digest": "a", "filter": "a"}"#, "/filter"), (#"{"filter": "a"}"#, ""),
    ])
    func refuses(text: String, pointer: String) throws {
        let json = try JSONValue.parse(text)
        let error = #expect(throws: DeploymentError.self) { try ImagePolicy(json) }
        #expect(error?.pointer == pointer)
        #expect(error?.code == .invalid)
    }

    @Test("what is too long to be a tag is not looked at")
    func long() throws {
        for example in Self.cases {
            let policy = try ImagePolicy(try JSONValue.parse(example.policy))
            #expect(!policy.admits(String(repeating: "1", count: 1 << 20)).isYes)
        }
    }

    @Test("a tag of which the extract leaves nothing has no place in the alphabet")
    func emptyExtract() throws {
        let policy = try ImagePolicy(JSONValue.parse(#"{"alphabetical": "asc", "filter": "^build-(.*)$", "extract": "$1"}"#))
        #expect(policy.admits("build-a").isYes && !policy.admits("build-").isYes)
    }

    @Test("an extract puts groups and text together")
    func extract() throws {
        let filter = try TagFilter(pattern: "^(?<a>[a-z]+)-(\\d+)(-x)?$", extract: "${2}.$a$$$3.$0")
        #expect(filter.value(of: "main-12") == "12.main$.main-12")
        #expect(filter.value(of: "MAIN-12") == nil)
    }
}

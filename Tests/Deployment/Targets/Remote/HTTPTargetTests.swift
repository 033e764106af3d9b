import HTTP
import IO
import JSON
import Testing

@testable import Deployment

@Suite("the http target", .timeLimit(.minutes(5)))
struct HTTPTargetTests {
    @Test func theRequestIsWhatTheTemplatesSay() async throws {
        let api = try await FakeAPI.start { _, _ in .status(202) }
        let bench = try TargetBench(secrets: ["token": "s3cr3t-t0ken"])
        let result = try await bench.deploy("""
            {"type": "http", "method": "PUT", "url": "\(api.url)/deploy/{{repository}}?tag={{tag}}&note={{data.actor.name}}",
             "headers": {"Authorization": {"secret": "token", "prefix": "Bearer "}, "X-Environment": "{{environment}}"},
             "body": {"image": "{{image}}", "note": "{{data.actor.name}}", "deep": [1, {"id": "{{deployment}}"}], "key": {"secret": "token"}}}
            """)
        #expect(result == .succeeded(summary: "the server answered 202 Accepted"))
        let call = try #require(api.calls.first)
        #expect(call.line == "PUT /deploy/production%2Fshop?tag=1.4.2&note=say%20%22hi%22%20%26%20bye")
        #expect(call.headers["authorization"] == "Bearer s3cr3t-t0ken")
        #expect(call.headers["x-environment"] == "production")
        #expect(call.headers["content-type"] == "application/json")
        let image = "registry.example.com:5000/production/shop:1.4.2@\(DeploymentRequest.digest)"
        #expect(call.json == (try targetJSON(#"""
            {"image": "\#(image)", "note": "say \"hi\" & bye", "deep": [1, {"id": "dep_42_0badcafe"}], "key": "s3cr3t-t0ken"}
            """#)))
        #expect(!bench.text.contains("s3cr3t"))
        // The query may hold what is not for logs.
        #expect(bench.text == "PUT \(api.url)/deploy/production%2Fshop: 202 Accepted\n")
    }

    @Test("A text is escaped for its type", arguments: [
        ("application/json", #"{\"n\": \"{{data.actor.name}}\"}"#, #"{"n": "say \"hi\" & bye"}"#),
        ("application/vnd.x+json; charset=utf-8", #"[\"{{data.actor.name}}\"]"#, #"["say \"hi\" & bye"]"#),
        ("application/x-www-form-urlencoded", "n={{data.actor.name}}", "n=say%20%22hi%22%20%26%20bye"),
        ("text/plain", "{{data.actor.name}}", #"say "hi" & bye"#),
        ("Application/JSON ; charset=utf-8", #"[\"{{data.actor.name}}\"]"#, #"["say \"hi\" & bye"]"#),
        ("application/x-ndjson", #"[\"{{data.actor.name}}\"]"#, #"["say \"hi\" & bye"]"#),
    ])
    func places(type: String, body: String, expected: String) async throws {
        let api = try await FakeAPI.start { _, _ in .status(200) }
        let result = try await TargetBench().deploy(
            #"{"type": "http", "url": "\#(api.url)/", "contentType": "\#(type)", "body": "\#(body)"}"#)
        #expect(result.summary != nil)
        #expect(api.calls.first?.body == expected)
        #expect(api.calls.first?.headers["content-type"] == type)
    }

    @Test("so it is where its type stands among the headers, and one type is sent")
    func typeInHeaders() async throws {
        let api = try await FakeAPI.start { _, _ in .status(200) }
        let result = try await TargetBench().deploy(
            #"{"type": "http", "url": "\#(api.url)/", "headers": {"content-type": "application/json"}, "body": "[\"{{data.actor.name}}\"]"}"#)
        #expect(result.summary != nil)
        #expect(api.calls.first?.body == #"["say \"hi\" & bye"]"#)
        #expect(api.calls.first?.headers["content-type"] == "application/json")
    }

    /// Statuses that another try may turn, those that it cannot, and how long to wait.
    @Test("A status decides about another try", arguments: [
        (400, false), (401, false), (403, false), (404, false), (409, true), (422, false), (429, true), (500, true), (501, false), (503, true), (301, false),
    ])
    func failures(status: Int, isRetryable: Bool) async throws {
        let api = try await FakeAPI.start { _, _ in
            .json(#"{"message": "it did\nnot work"}"#, status: status, headers: status == 429 ? [("Retry-After", "17")] : [])
        }
        let result = try await TargetBench().deploy(#"{"type": "http", "url": "\#(api.url)/x?secret=y"}"#)
        #expect(result.isRetryable == isRetryable)
        let advice = [401: "check the credentials", 403: "the credentials may not do this", 404: "check the URL and the names"][status]
        #expect(result.reason?.contains("to POST \(api.url)/x\(advice.map { " (\($0)" } ?? ": it did not work")") == true, "\(result)")
        #expect(result.reason?.hasSuffix(": it did not work") == true, "\(result)")
        #expect(result.retryAfter == (status == 429 ? 17_000 : nil))
    }

    @Test func onlyTheExpectedStatusIsSuccess() async throws {
        let api = try await FakeAPI.start { _, _ in .status(200) }
        let bench = try TargetBench()
        #expect(try await bench.deploy(#"{"type": "http", "url": "\#(api.url)/", "status": [202]}"#).reason != nil)
        #expect(try await bench.deploy(#"{"type": "http", "url": "\#(api.url)/", "status": [200, 404]}"#).summary != nil)
    }

    @Test func aStatusURLIsPolledUntilItSaysSuccess() async throws {
        let api = try await FakeAPI.start { call, before in
            if call.method == "POST" { return .json(#"{"id": 7}"#) }
            // An error, and an answer without the value, are not the end.
            switch before {
            case 0: return .status(503)
            case 1: return .json("{}")
            case 2: return .json(#"{"status": {"state": "running"}}"#)
            default: return .json(#"{"status": {"state": "done"}}"#)
            }
        }
        let bench = try TargetBench(secrets: ["token": "s3cr3t-t0ken"])
        let result = try await bench.deploy("""
            {"type": "http", "url": "\(api.url)/deploy", "headers": {"Authorization": {"secret": "token"}},
             "poll": {"url": "\(api.url)/status/{{deployment}}", "path": "/status/state", "success": ["done"], "failure": ["failed"]}}
            """)
        #expect(result == .succeeded(summary: "the status is done"))
        #expect(api.lines == ["POST /deploy"] + Array(repeating: "GET /status/dep_42_0badcafe", count: 4))
        #expect(api.calls.allSatisfy { $0.headers["authorization"] == "s3cr3t-t0ken" })
    }

    @Test func aStatusThatSaysFailureEndsTheRun() async throws {
        let api = try await FakeAPI.start { call, _ in
            call.method == "POST" ? .status(202, headers: [("Location", "/status/1")]) : .json(#"{"ok": false}"#)
        }
        let result = try await TargetBench().deploy(
            #"{"type": "http", "url": "\#(api.url)/", "poll": {"path": "/ok", "success": [true], "failure": [false]}}"#)
        #expect(result == .failed(reason: "the status is false", isRetryable: true))
        #expect(api.lines == ["POST /", "GET /status/1"])
    }

    @Test func aStatusThatNeverComesEndsWithTheTime() async throws {
        let api = try await FakeAPI.start { _, _ in .json(#"{"state": "running", "at": "/status"}"#) }
        let result = try await TargetBench().deploy(
            #"{"type": "http", "url": "\#(api.url)/", "poll": {"urlPath": "/at", "path": "/state", "success": ["done"]}}"#, timeout: 1000)
        #expect(result.reason?.hasPrefix("the status took too long") == true || result.reason?.contains("took too long") == true, "\(result)")
        #expect(result.isRetryable == true)
    }

    /// RFC 3986, section 5.2, as browsers and clients have it.
    @Test("A status is looked for where the answer says, seen from the request", arguments: [
        ("7", "/apps/7"), ("./status/7?a=b", "/apps/status/7?a=b"), ("../status", "/status"), ("/status#part", "/status"), ("?id=7", "/apps/deploy?id=7"),
    ])
    func relative(location: String, target: String) async throws {
        for place in ["header", "body"] {
            let api = try await FakeAPI.start { call, _ in
                guard call.method == "POST" else { return .json(#"{"ok": true}"#) }
                return place == "header" ? .status(202, headers: [("Location", location)]) : .json(#"{"at": "\#(location)"}"#)
            }
            let pointer = place == "header" ? "" : #""urlPath": "/at", "#
            let result = try await TargetBench().deploy(
                #"{"type": "http", "url": "\#(api.url)/apps/deploy?x=y", "poll": {\#(pointer)"path": "/ok", "success": [true]}}"#)
            #expect(result.summary == "the status is true", "\(result)")
            #expect(api.lines.last == "GET \(target)")
        }
    }

    @Test("What is no place of a status is told in one line", arguments: ["", "/a b", #"/s\r\nX: y"#, "mailto:ops@example.com", "http://"])
    func noPlace(location: String) async throws {
        let api = try await FakeAPI.start { _, _ in .json(#"{"at": "\#(location)"}"#) }
        let result = try await TargetBench().deploy(
            #"{"type": "http", "url": "\#(api.url)/", "poll": {"urlPath": "/at", "path": "/ok", "success": [true]}}"#)
        #expect(result.reason?.hasPrefix("the answer does not say where its status is to be seen") == true, "\(result)")
        #expect(result.reason?.contains(where: \.isNewline) == false && result.isRetryable == false)
        #expect(api.calls.count == 1)
    }

    /// Credentials go to the server that the trigger names and to no other.
    @Test("A status elsewhere is not followed", arguments: ["http://192.0.2.1/status", "//192.0.2.1/status", "https://evil.example/"])
    func otherServer(location: String) async throws {
        let api = try await FakeAPI.start { _, _ in .status(202, headers: [("Location", location)]) }
        let result = try await TargetBench().deploy(
            #"{"type": "http", "url": "\#(api.url)/", "poll": {"path": "/ok", "success": [true]}}"#)
        #expect(result.isRetryable == false)
        #expect(result.reason?.contains("it is not followed") == true, "\(result)")
    }

    /// They stay what they are in a URL, and servers go up with them.
    @Test("A value that leads out of its part of the path is not sent", arguments: ["..", "."])
    func dots(value: String) async throws {
        let api = try await FakeAPI.start { _, _ in .status(200) }
        let event = #"{"type": "io.signalbox.image.pushed", "data": {"request": {"userAgent": "\#(value)"}}}"#
        let spec = #"{"type": "http", "url": "\#(api.url)/apps/{{data.request.userAgent}}/deploy?by={{data.request.userAgent}}"}"#
        let result = try await TargetBench().deploy(spec, .sample(event: event))
        #expect(result.isRetryable == false && result.reason?.contains("leads elsewhere") == true, "\(result)")
        let query = #"{"type": "http", "url": "\#(api.url)/apps/...?by={{data.request.userAgent}}"}"#
        #expect(try await TargetBench().deploy(query, .sample(event: event)).summary != nil)
        #expect(api.lines == ["POST /apps/...?by=\(value)"])
    }

    @Test func redirectsAreNotFollowed() async throws {
        let api = try await FakeAPI.start { _, _ in .status(307, headers: [("Location", "/elsewhere")]) }
        let result = try await TargetBench().deploy(#"{"type": "http", "url": "\#(api.url)/"}"#)
        #expect(result == .failed(
            reason: "the server answered 307 Temporary Redirect to POST \(api.url)/, which leads to /elsewhere; redirects are not followed", isRetryable: false))
        #expect(api.calls.count == 1)
    }

    @Test("Addresses that are not allowed are not called", arguments: [
        ("http://127.0.0.1:1/", AddressPolicy.publicOnly, "loopback"), ("http://localhost:1/", .publicOnly, "loopback"),
        ("http://10.0.0.1/", .publicOnly, "private"),
    ])
    func addresses(url: String, policy: AddressPolicy, reason: String) async throws {
        let result = try await TargetBench(policy: policy).deploy(#"{"type": "http", "url": "\#(url)"}"#)
        #expect(result.reason?.contains("\(reason) address, and deployments.allowNetworks") == true, "\(result)")
        #expect(result.isRetryable == false)
    }

    @Test func anAnswerThatNeverEndsIsCutOff() async throws {
        let api = try await FakeAPI.start { _, _ in .json(String(repeating: " ", count: 5 << 20)) }
        let result = try await TargetBench().deploy(#"{"type": "http", "url": "\#(api.url)/"}"#)
        #expect(result.reason?.contains("larger than 4194304 bytes") == true, "\(result)")
    }

    @Test func aServerThatEchoesASecretDoesNotRevealIt() async throws {
        let api = try await FakeAPI.start { call, _ in .json(#"{"message": "bad \#(call.headers["authorization"] ?? "")"}"#, status: 400) }
        let bench = try TargetBench(secrets: ["token": "s3cr3t-t0ken"])
        let result = try await bench.deploy(#"{"type": "http", "url": "\#(api.url)/", "headers": {"Authorization": {"secret": "token"}}}"#)
        #expect(result.reason?.hasSuffix("bad ***") == true, "\(result)")
        #expect(!bench.text.contains("s3cr3t"))
    }

    @Test func aCancelledRunEnds() async throws {
        let api = try await FakeAPI.start { _, _ in .json(#"{"state": "running", "at": "/status"}"#) }
        let bench = try TargetBench()
        let run = Task {
            try await bench.deploy(#"{"type": "http", "url": "\#(api.url)/", "poll": {"urlPath": "/at", "path": "/state", "success": ["done"]}}"#)
        }
        while api.calls.count < 2 { await Task.yield() }
        run.cancel()
        #expect(try await run.value == .failed(reason: "the deployment was cancelled", isRetryable: false))
    }

    @Test("Settings that cannot work are refused with their place", arguments: [
        (#"{"type": "http"}"#, "/target/url"), (#"{"type": "http", "url": "ftp://x/"}"#, "/target/url"),
        (#"{"type": "http", "url": "https://{{data.host}}/"}"#, "/target/url"),
        (#"{"type": "http", "url": "https://x/{{nothing}}"}"#, "/target/url"),
        (#"{"type": "http", "url": "https://x/", "method": "BREW"}"#, "/target/method"),
        (#"{"type": "http", "url": "https://x/", "method": "GET", "body": {}}"#, "/target/body"),
        (#"{"type": "http", "url": "https://x/", "body": {"a": ["{{b}}"]}}"#, "/target/body/a/0"),
        (#"{"type": "http", "url": "https://x/", "headers": {"Content-Length": "1"}}"#, "/target/headers"),
        (#"{"type": "http", "url": "https://x/", "headers": {"Host": "y"}}"#, "/target/headers"),
        (#"{"type": "http", "url": "https://x/", "headers": {"A": "b\r\nC: d"}}"#, "/target/headers/A"),
        (#"{"type": "http", "url": "https://x/", "headers": {"A": "{{tag}}\u0001"}}"#, "/target/headers/A"),
        (#"{"type": "http", "url": "https://x/", "headers": {"A": {"secret": "s", "prefix": "Bearer\n"}}}"#, "/target/headers/A"),
        (#"{"type": "http", "url": "https://x/", "body": "x", "contentType": "text/plain\nX: y"}"#, "/target/contentType"),
        (#"{"type": "http", "url": "http://169.254.169.254/latest/meta-data/"}"#, "/target/url"),
        (#"{"type": "http", "url": "http://2852039166/{{tag}}"}"#, "/target/url"),
        (#"{"type": "http", "url": "http://0xA9FEA9FE/"}"#, "/target/url"),
        (#"{"type": "http", "url": "http://169.254.1.1/"}"#, "/target/url"),
        (#"{"type": "http", "url": "http://[fd00:ec2::254]/"}"#, "/target/url"),
        (#"{"type": "http", "url": "https://[fe80::1]:8443/"}"#, "/target/url"),
        (#"{"type": "http", "url": "https://[::ffff:169.254.169.254]/"}"#, "/target/url"),
        (#"{"type": "http", "url": "https://x/", "poll": {"url": "http://100.100.100.200/", "path": "/a", "success": ["b"]}}"#, "/target/poll/url"),
        (#"{"type": "nomad", "url": "http://0.0.0.0:4646", "job": "j", "task": "t"}"#, "/target/url"),
        (#"{"type": "http", "url": "https://x/", "headers": {"A": {"secret": ""}}}"#, "/target/headers/A/secret"),
        (#"{"type": "http", "url": "https://x/", "status": [99]}"#, "/target/status"),
        (#"{"type": "http", "url": "https://x/", "poll": {"path": "state", "success": ["a"]}}"#, "/target/poll/path"),
        (#"{"type": "http", "url": "https://x/", "poll": {"path": "/s"}}"#, "/target/poll/success"),
        (#"{"type": "http", "url": "https://x/", "poll": {"path": "/s", "success": ["a"], "failure": ["a"]}}"#, "/target/poll/failure"),
        (#"{"type": "http", "url": "https://x/", "certificateAuthority": "ca.pem"}"#, "/target/certificateAuthority"),
    ])
    func badSettings(spec: String, pointer: String) throws {
        #expect(try #require(try targetRefusal(spec)).pointer == pointer)
    }
}

import JSON
import Testing

extension EndToEnd {
    @Suite("errors of the API of deliveries")
    struct DeliveryErrorTests {
        @Test("each parameter of the list that cannot be meant is refused by its name")
        func list() throws {
            let hub = try Hub()
            for (query, pointer) in [
                ("state=lost", "state"), ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("since=yesterday", "since"),
                ("until=-", "until"), ("cursor=x", "cursor"), ("cursor=-1", "cursor"), ("state=pending&cursor=7", "cursor"),
                ("cursor=1.0.7", "cursor"), ("sate=dead", "sate"), ("order=asc", "order"),
                ("after=x", "after"), ("state=pending&after=1", "after"),
            ] {
                try expect(try hub.client().request("GET", "/api/v1/deliveries?" + query), 400, "invalid", pointer, query)
            }
            #expect(try hub.client().request("GET", "/api/v1/deliveries").json.encodedText == #"{"deliveries":[],"end":"0"}"#)
            #expect(try hub.client().request("GET", "/api/v1/deliveries?state=pending&limit=1000").json.encodedText == #"{"deliveries":[]}"#)
        }

        @Test("each body that cannot be meant is refused by its member, and what is not there is 404")
        func bodies() throws {
            let hub = try Hub()
            let webhook = try hub.addWebhook("http://127.0.0.1:1/", pattern: DeliveryRouteTests.pushes).id
            let dry = "/api/v1/webhooks/dry-run"
            let (replay, failed) = ("/api/v1/webhooks/\(webhook)/replay", "/api/v1/webhooks/\(webhook)/resend-failed")
            for (path, body, pointer) in [
                (dry, "{}", "/pattern"), (dry, #"{"pattern": {"type": "x"}}"#, "/pattern/type"), (dry, #"{"pattern": {"type": [{"near": 1}]}}"#, "/pattern/type/0/near"),
                (dry, #"{"pattern": {"type": ["x"]}, "last": 0}"#, "/last"), (dry, #"{"pattern": {"type": ["x"]}, "last": 100001}"#, "/last"),
                (dry, #"{"pattern": {"type": ["x"]}, "first": 1}"#, "/first"), (replay, "{}", "/fromSequence"), (replay, #"{"fromSequence": -1}"#, "/fromSequence"),
                (replay, #"{"fromSequence": 1, "fromTime": "1h"}"#, "/fromSequence"), (replay, #"{"fromTime": "soon"}"#, "/fromTime"),
                (replay, #"{"fromSequence": 1, "through": "x"}"#, "/through"), (replay, #"{"fromSequence": 99999}"#, "/fromSequence"),
                (replay, #"{"fromSequence": 18446744073709551616}"#, "/fromSequence"), (failed, "{}", "/since"), (failed, #"{"since": 5}"#, "/since"),
                (failed, #"{"since": "soon"}"#, "/since"), (failed, #"{"since": "1h", "until": "2h"}"#, "/until"),
            ] {
                try expect(try post(hub, path, body), 400, "invalid", pointer, "\(path) \(body)")
            }
            for path in ["/api/v1/deliveries/dl_999/resend", "/api/v1/deliveries/dl_0/resend", "/api/v1/webhooks/wh_none/test"] {
                try expect(try post(hub, path), 404, "not-found", nil, path)
            }
            for (action, body) in [("replay", #"{"fromSequence": 1}"#), ("resend-failed", #"{"since": "1h"}"#)] {
                try expect(try post(hub, "/api/v1/webhooks/wh_none/\(action)", body), 404, "not-found", nil, action)
            }
            for id in ["dl_999", "dl_0", "dl_", "dl_-1", "x", "dl_18446744073709551616", String(repeating: "d", count: 3000)] {
                try expect(try hub.client().request("GET", "/api/v1/deliveries/\(id)"), 404, "not-found", nil, id)
            }
            try expect(try post(hub, dry, "{"), 400, "malformed", nil, "no JSON")
            let text = try hub.client().request("POST", replay, headers: ["Content-Type": "text/plain"], body: Array("{}".utf8))
            try expect(text, 415, "unsupported-media-type", nil, "a type that forms can send")
            let large = #"{"pattern": {"type": ["\#(String(repeating: "x", count: 1 << 20))"]}}"#
            try expect(try post(hub, dry, large), 413, "too-large", nil, "1 MiB")
        }

        @Test("a method that a path does not have is answered with those that it has")
        func methods() throws {
            let hub = try Hub()
            for (method, path, allowed) in [
                ("POST", "/api/v1/deliveries", "GET, HEAD"), ("DELETE", "/api/v1/deliveries/dl_1", "GET, HEAD"),
                ("GET", "/api/v1/deliveries/dl_1/resend", "POST"), ("GET", "/api/v1/webhooks/wh_1/replay", "POST, DELETE"),
                ("GET", "/api/v1/webhooks/wh_1/test", "POST"), ("PUT", "/api/v1/webhooks/wh_1/resend-failed", "POST, DELETE"),
                ("GET", "/api/v1/deliveries/dl_1/cancel", "POST"),
                ("GET", "/api/v1/webhooks/dry-run", "POST"),
            ] {
                let answer = try hub.client().request(method, path)
                #expect(answer.headers["allow"] == allowed, "\(method) \(path)")
                try expect(answer, 405, "method-not-allowed", nil, "\(method) \(path)")
            }
            #expect(try hub.client().request("GET", "/api/v1/deliveries/dl_1/again").status == 404)
        }

        private func post(_ hub: Hub, _ path: String, _ body: String = "") throws -> Response {
            try hub.client().request(
                "POST", path, headers: body.isEmpty ? [:] : ["Content-Type": "application/json"], body: Array(body.utf8))
        }

        /// A problem as RFC 9457 has it.
        private func expect(_ answer: Response, _ status: Int, _ type: String, _ pointer: String?, _ what: String) throws {
            let comment = Comment(rawValue: "\(what.prefix(200)): \(answer)")
            #expect(answer.status == status && answer.headers["content-type"] == "application/problem+json", comment)
            let problem = try answer.json
            #expect(problem["type"]?.string == "https://signalbox.dev/problems/" + type, comment)
            #expect(problem["status"]?.int == Int64(status) && problem["title"]?.string?.isEmpty == false && problem["detail"]?.string?.isEmpty == false, comment)
            #expect(problem["pointer"]?.string == pointer, comment)
        }
    }
}

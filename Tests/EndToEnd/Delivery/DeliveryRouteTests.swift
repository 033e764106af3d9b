import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Each route about deliveries: what it answers, member by member, and what it refuses.
    @Suite("the API of deliveries")
    struct DeliveryRouteTests {
        static let pushes = #"{"type": ["io.signalbox.image.pushed"]}"#

        /// A hub with a webhook whose receiver refused three pushes for good, each twice, and took two.
        private func bench() throws -> (hub: Hub, server: SocketServer, webhook: String, events: [JSONValue]) {
            let count = Monitor(0)
            let server = try SocketServer { connection in
                while try connection.readDelivery() != nil {
                    let number = count.with { count in
                        count += 1
                        return count
                    }
                    let answer = number <= 6 ? "500 Oh\r\nContent-Length: 4\r\n\r\noops" : "200 OK\r\nContent-Length: 4\r\n\r\nfine"
                    try connection.send("HTTP/1.1 \(answer)")
                }
            }
            let hub = try Hub()
            let webhook = try hub.addWebhook(
                server.url, pattern: Self.pushes, settings: #""retry": {"schedule": [0]}, "ordering": "fifo""#)
            for number in 1...5 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try hub.wait(for: "five deliveries to end") { client in
                let view = try client.request("GET", "/api/v1/webhooks/\(webhook.id)").json
                return view["dead"]?.int == 3 && view["delivered"]?.int == 2
            }
            return (hub, server, webhook.id, try hub.events().filter { $0.type == "io.signalbox.image.pushed" })
        }

        private func list(_ hub: Hub, _ query: String) throws -> [JSONValue] {
            let answer = try hub.client().request("GET", "/api/v1/deliveries?" + query)
            guard answer.status == 200 else { throw Failure("\(query): \(answer)") }
            return try answer.json["deliveries"]?.array ?? []
        }

        private func post(_ hub: Hub, _ path: String, _ body: String = "") throws -> Response {
            try hub.client().request(
                "POST", path, headers: body.isEmpty ? [:] : ["Content-Type": "application/json"], body: Array(body.utf8))
        }

        private func keys(_ value: JSONValue?) -> [String] { value?.object?.members.map(\.key) ?? [] }

        @Test("the list has each delivery once with its last attempt, newest first, and every filter holds")
        func list() throws {
            let (hub, server, webhook, events) = try bench()
            let all = try list(hub, "")
            #expect(all.map { $0["sequence"] } == events.reversed().map { $0["sequence"] })
            #expect(all.map { $0["state"]?.string } == ["delivered", "delivered", "dead", "dead", "dead"])
            for delivery in all {
                #expect(keys(delivery) == ["id", "webhook", "state", "kind", "sequence", "eventId", "eventType", "attemptCount", "lastAttempt"])
                #expect(keys(delivery["lastAttempt"]) == ["number", "time", "latencyMs", "status"])
                #expect(delivery["webhook"]?.string == webhook && delivery["kind"]?.string == "event")
                #expect(delivery["lastAttempt"]?["number"] == delivery["attemptCount"])
            }
            #expect(try list(hub, "state=dead").count == 3 && list(hub, "state=delivered").count == 2)
            #expect(try list(hub, "state=retrying").isEmpty && list(hub, "state=pending").isEmpty)
            #expect(try list(hub, "webhook=\(webhook)").count == 5 && list(hub, "webhook=wh_none").isEmpty)
            let event = events[1]
            for value in [event["id"], event["sequence"]] {
                #expect(try list(hub, "event=\(try #require(value?.string))").map { $0["eventId"] } == [event["id"]])
            }
            #expect(try list(hub, "event=io.signalbox.image.pushed&state=dead").count == 3 && list(hub, "event=io.signalbox.tag.rejected").isEmpty)
            #expect(try list(hub, "since=1h").count == 5 && list(hub, "until=1h").isEmpty && list(hub, "since=2100-01-01").isEmpty)
            var (paged, cursor): ([JSONValue], String) = ([], "")
            repeat {
                let page = try hub.client().request("GET", "/api/v1/deliveries?limit=2" + cursor).json
                #expect((page["deliveries"]?.array?.count ?? 0) <= 2)
                paged += page["deliveries"]?.array ?? []
                cursor = page["next"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(paged == all)
            _ = server
        }

        @Test("one delivery has all its attempts with the answers, and the event as it stands in the log")
        func show() throws {
            let (hub, server, _, events) = try bench()
            let id = try #require(try list(hub, "state=dead").last?["id"]?.string)
            let answer = try hub.client().request("GET", "/api/v1/deliveries/\(id)")
            let shown = try answer.json
            #expect(answer.headers["content-type"] == "application/json")
            #expect(keys(shown) == ["id", "webhook", "state", "kind", "sequence", "eventId", "eventType", "attemptCount", "attempts", "event"])
            let attempts = shown["attempts"]?.array ?? []
            #expect(attempts.map { $0["number"]?.int } == [1, 2] && attempts.allSatisfy { $0["status"]?.int == 500 && $0["response"]?.string == "oops" })
            #expect(attempts.allSatisfy { keys($0) == ["number", "time", "latencyMs", "status", "response"] })
            #expect(shown["event"] == events[0])
            _ = server
        }

        @Test("what is sent again has a place of its own, and what was asked for many arrives")
        func again() throws {
            let (hub, server, webhook, events) = try bench()
            let dead = try list(hub, "state=dead")
            let id = try #require(dead.last?["id"]?.string)
            let answer = try post(hub, "/api/v1/deliveries/\(id)/resend")
            let new = try #require(try answer.json["id"]?.string)
            #expect(answer.status == 202 && answer.headers["location"] == "/api/v1/deliveries/\(new)")
            try hub.wait(for: "it to arrive") { try $0.request("GET", "/api/v1/deliveries/\(new)").json["state"]?.string == "delivered" }
            let shown = try hub.client().request("GET", "/api/v1/deliveries/\(new)").json
            #expect(keys(shown).contains("requestedAt") && shown["original"]?.string == id && shown["kind"]?.string == "redelivery")
            #expect(shown["eventId"] == events[0]["id"] && shown["attempts"]?.array?.count == 1)

            let path = "/api/v1/webhooks/\(webhook)"
            let failed = try post(hub, path + "/resend-failed", #"{"since": "1h"}"#)
            #expect(try failed.status == 202 && failed.json["id"]?.string == webhook)
            // Two were taken at first, one since, and two are left.
            try hub.wait(for: "all that failed") { try $0.request("GET", path).json["delivered"]?.int == 5 }
            let last = try #require(events.last?["sequence"]?.string)
            let replay = try post(hub, path + "/replay", #"{"fromSequence": 1, "through": "\#(last)"}"#)
            #expect(try replay.status == 202 && replay.json["id"]?.string == webhook)
            try hub.wait(for: "the replay") { _ in try list(hub, "").count { $0["kind"]?.string == "replay" } == 5 }
            #expect(try post(hub, path + "/replay", #"{"fromTime": "1h"}"#).status == 202)
            try hub.wait(for: "the second replay") { try $0.request("GET", path).json["replay"] == nil }
            #expect(try hub.client().request("DELETE", path + "/replay").status == 404)
            _ = server
        }

        @Test("what waits is listed before it is tried, in order, and a test and a dry run say what they did")
        func waiting() throws {
            let (hub, server, webhook, events) = try bench()
            let path = "/api/v1/webhooks/\(webhook)"
            let paused = try hub.client().request(
                "PATCH", path, headers: ["Content-Type": "application/json"], body: Array(#"{"state": "paused"}"#.utf8))
            #expect(paused.status == 200)
            for number in 6...8 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try post(hub, path + "/replay", #"{"fromSequence": 1}"#).json["replay"]?["from"]?.string == "1")
            let replayed = try list(hub, "state=pending").filter { $0["kind"]?.string == "replay" }
            #expect(replayed.count == 8)
            #expect(try post(hub, path + "/replay", #"{"fromSequence": 1}"#).status == 409)
            #expect(try hub.client().request("DELETE", path + "/replay").status == 204)
            let first = try hub.client().request("GET", "/api/v1/deliveries?state=pending&limit=2").json
            let next = try #require(first["next"]?.string)
            let waiting = try (first["deliveries"]?.array ?? []) + list(hub, "state=pending&cursor=\(next)")
            #expect(waiting.map { $0["sequence"] } == (try hub.events()).filter { $0.type == "io.signalbox.image.pushed" }.dropFirst(5).map { $0["sequence"] })
            for delivery in waiting {
                #expect(keys(delivery) == ["webhook", "state", "kind", "sequence", "eventId", "eventType", "attemptCount"])
                #expect(delivery["state"]?.string == "pending" && delivery["attemptCount"]?.int == 0)
            }
            let test = try post(hub, path + "/test")
            #expect(try test.status == 200 && test.json["state"]?.string == "delivered" && test.json["kind"]?.string == "test")
            #expect(try keys(test.json) == ["id", "webhook", "state", "kind", "eventId", "eventType", "attemptCount", "attempts"])
            let id = try #require(try test.json["id"]?.string)
            #expect(try post(hub, "/api/v1/deliveries/\(id)/resend").status == 400, "a test is not sent again")
            let dry = try post(hub, "/api/v1/webhooks/dry-run", #"{"pattern": \#(Self.pushes), "last": 3}"#).json
            #expect(keys(dry) == ["examined", "matched", "events"] && dry["examined"]?.int == 3)
            #expect(dry["matched"]?.int.map { Int($0) } == dry["events"]?.array?.count)
            _ = (server, events)
        }
    }
}

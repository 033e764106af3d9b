import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("audit commands")
    struct AuditCommandTests {
        private func audit(_ hub: Hub, _ arguments: [String]) throws -> String {
            try succeed([Place.binary, "audit"] + arguments, environment: ["SIGNALBOX_URL": hub.url], seconds: 60)
        }

        private func lines(_ text: String) throws -> [JSONValue] {
            try text.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        }

        @Test("who did what is found by conditions, from a running hub and from the folder of a stopped one")
        func query() throws {
            let hub = try Hub()
            for number in 1...3 { try hub.push(Image(seed: UInt64(number)), to: "prod/shop", as: "v\(number)") }
            try hub.push(Image(seed: 9), to: "team/app", as: "v1")
            let questions = [
                ["query", "--repository", "prod/*", "--since", "7d", "--type", "image.pushed", "--json"],
                ["query", "--tag", "v1", "--oldest-first", "--json"],
                ["query", "--limit", "2", "--json"], ["query", "--limit", "0", "--json"],
                ["query", "--pattern", #"{"data":{"tag":["v2"]}}"#, "--json"],
                ["query", "--count-by", "repository", "--json"], ["query", "--count-by", "type", "--repository", "team/*"],
                ["query", "--count-by", "day", "--json"], ["query", "--count-by", "principal", "--type", "image.pushed"],
            ]
            let answers = try questions.map { try audit(hub, $0) }
            let pushes = try lines(answers[0])
            #expect(pushes.map { $0["data"]?["tag"]?.string } == ["v3", "v2", "v1"])
            #expect(try lines(answers[1]).map { $0["data"]?["repository"]?.string } == ["prod/shop", "team/app"])
            #expect(try lines(answers[2]).count == 2)
            #expect(try lines(answers[3]).count == hub.events().count)
            #expect(answers[5] == #"{"counts":[{"value":"prod/shop","count":4},{"value":"team/app","count":2}],"total":6}"#)
            #expect(answers[6].contains("io.signalbox.image.pushed") && answers[6].contains("2      (all)"), "\(answers[6])")
            #expect(answers[7].contains("\"total\":6") && answers[8].contains("4      anonymous"), "\(answers[7]) \(answers[8])")
            let refused = [["--count-by", "colour"], ["--count-by", "type", "--limit", "3"], ["--count-by", "day", "--oldest-first"]]
            for words in refused { #expect(try run([Place.binary, "audit", "query"] + words).status == 2, "\(words)") }
            #expect(try hub.terminate() == 0)
            for (question, answer) in zip(questions, answers) {
                #expect(try succeed([Place.binary, "audit"] + question + ["--data", hub.data]) == answer, "\(question)")
            }
        }

        @Test("an image's life and a tag's past are told")
        func imageAndTag() throws {
            let hub = try Hub()
            let first = Image(seed: 1)
            let second = Image(seed: 2)
            try hub.push(first, to: "prod/shop", as: "latest")
            let between = try #require(try hub.events().last?["time"]?.string)
            Thread.sleep(forTimeInterval: 0.005)
            try hub.push(second, to: "prod/shop", as: "latest")
            #expect(try hub.client().request("DELETE", "/v2/prod/shop/manifests/\(first.digest)").status == 202)
            #expect(try audit(hub, ["tag", "prod/shop:latest"]) == second.digest)
            #expect(try audit(hub, ["tag", "prod/shop:latest", "--at", between]) == first.digest)
            let life = try lines(try audit(hub, ["image", "prod/shop@\(first.digest)", "--json"]))
            #expect(life.map { $0.type } == ["io.signalbox.image.pushed", "io.signalbox.image.pushed", "io.signalbox.image.deleted"])
            #expect(life[1]["data"]?["previousDigest"]?.string == first.digest)
            #expect(try hub.client().request("DELETE", "/v2/prod/shop/manifests/latest").status == 202)
            for arguments in [["tag", "prod/shop:latest"], ["tag", "prod/shop:none"], ["tag", "prod/shop:latest", "--at", "2000-01-01"], ["image", "prod/shop@sha256:\(String(repeating: "0", count: 64))"]] {
                let finished = try run([Place.binary, "audit"] + arguments, environment: ["SIGNALBOX_URL": hub.url])
                #expect(finished.status == 1 && finished.err.contains("no"), "\(finished)")
            }
        }

        @Test("whoever follows gets every event once and in order, whatever restarts the hub makes meanwhile")
        func follow() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 100), to: "team/before", as: "v1")
            let start = try #require(try hub.events().last?.sequence)
            let follower = try Child([Place.binary, "events", "--follow", "--json", "--after", "0"], environment: ["SIGNALBOX_URL": hub.url])
            let late = try Child([Place.binary, "events", "--follow", "--json", "--repository", "team/*"], environment: ["SIGNALBOX_URL": hub.url])
            _ = try follower.line(containing: "\"sequence\":\"\(start)\"")
            // It has no event to go on from when the hub goes for the first time; what it is told at the start has to be enough.
            try hub.waitForFollowers(2)
            for round in 0..<3 {
                if round % 2 == 0 { hub.kill() } else { _ = try hub.terminate() }
                try hub.restart()
                for number in 0..<5 { try hub.push(Image(seed: UInt64(round * 10 + number)), to: "team/app", as: "r\(round)n\(number)") }
            }
            let events = try hub.events()
            let last = try #require(events.last?.sequence)
            for child in [follower, late] {
                _ = try child.line(containing: "\"sequence\":\"\(last)\"")
                let shown = try child.output.split(separator: "\n").filter { $0.hasPrefix("{") }.map { try JSONValue.parse(String($0)) }
                let expected = child === follower ? events : events.filter { ($0.sequence ?? 0) > start }
                #expect(shown == expected)
            }
        }

        @Test("who follows and is shown nothing of all that happens is told how far that is, to go on from there after a break")
        func signsOfLife() throws {
            let hub = try Hub()
            let (port, told) = (hub.port, Monitor([Int64]()))
            Thread.detachNewThread {
                guard let connection = try? Connection(port: port) else { return }
                try? connection.send(Client.encode("GET", "/api/v1/events?follow=true&type=none", port: port))
                while let line = try? connection.readLine() {
                    if let match = line.wholeMatch(of: /id: ([0-9]+)/), let id = Int64(match.1) { told.with { $0.append(id) } }
                }
            }
            let start = try told.wait(for: "the first id") { $0.first }
            // Something happens all the time.
            var round = 0
            try hub.wait(for: "a later id") { _ in
                round += 1
                try hub.protect("g\(round % 3)", repositories: "r\(round)", tags: "*")
                return told.with { $0.contains { $0 > start } }
            }
        }

        @Test("pulls are recorded where that is asked for, and deletions of blobs always are")
        func pulls() throws {
            let hub = try Hub(config: #"{"audit": {"pulls": "all"}}"#)
            let image = Image(seed: 1)
            try hub.push(image, to: "team/app", as: "v1")
            let before = try hub.events().count
            let client = try hub.client()
            #expect(try client.manifest("team/app", "v1").status == 200)
            #expect(try client.manifest("team/app", image.digest).status == 200)
            #expect(try client.request("HEAD", "/v2/team/app/manifests/v1").status == 200)
            #expect(try client.manifest("team/app", "none").status == 404)
            var pulls: [JSONValue] = []
            let path = "/api/v1/events?type=io.signalbox.image.pulled&order=asc"
            while pulls.count < 2 { pulls = try client.request("GET", path + "&after=0&wait=60").json["events"]?.array ?? [] }
            #expect(pulls.map { $0["data"]?["tag"]?.string } == ["v1", nil] && pulls.allSatisfy { $0["data"]?["digest"]?.string == image.digest })
            #expect(try hub.events().count == before)
            let other = Content("application/octet-stream", [1, 2, 3])
            #expect(try client.upload(other, to: "team/app").status == 201)
            #expect(try client.request("DELETE", "/v2/team/app/blobs/\(other.digest)").status == 202)
            #expect(try hub.events().last?.type == "io.signalbox.blob.deleted")
            #expect(try hub.terminate() == 0)
            let offline = try succeed([Place.binary, "audit", "query", "--data", hub.data, "--type", "image.pulled", "--json"])
            #expect(try lines(offline) == pulls.reversed())
        }

        @Test(
            "questions to the log, and reading it from far behind, take threads of their own: whoever asks much holds up nobody who pushes",
            arguments: [
                ("/api/v1/events?limit=1", true), ("/api/v1/events?countBy=tag", true), ("/api/v1/events?order=asc&after=0&wait=0", true),
                ("/api/v1/events?order=asc&after=270&wait=0", false), ("/api/v1/deliveries", true), ("/api/v1/deliveries?state=pending", true),
            ])
        func threads(question: String, isFar: Bool) throws {
            let hub = try Hub()
            for number in 0..<270 { try hub.protect("g\(number % 3)", repositories: "r\(number)", tags: "*") }
            let tasks = "/proc/\(hub.process.processIdentifier)/task"
            // A pool's threads start when they are needed, and stay.
            func hasThreads() throws -> Bool {
                try FileManager.default.contentsOfDirectory(atPath: tasks).contains {
                    (try? String(contentsOfFile: "\(tasks)/\($0)/comm", encoding: .utf8)) == "questions\n"
                }
            }
            #expect(try !hasThreads())
            #expect(try hub.client().request("GET", question).status == 200)
            #expect(try hasThreads() == isFar)
        }

        @Test("a long poll answers at once where there is something, and else when something comes")
        func longPoll() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            @Sendable func poll(_ after: String, _ seconds: Int) throws -> JSONValue {
                try hub.client().request("GET", "/api/v1/events?order=asc&after=\(after)&wait=\(seconds)&type=io.signalbox.image.pushed").json
            }
            let first = try poll("0", 60)
            #expect(first["events"]?.array?.count == 1)
            let next = try #require(first["next"]?.string)
            let nothing = try poll(next, 0)
            #expect(nothing["events"]?.array?.isEmpty == true && nothing["next"]?.string == next)
            let waiting = Monitor(JSONValue?.none)
            Thread.detachNewThread {
                let answer = try? poll(next, 120)
                waiting.with { $0 = answer ?? .null }
            }
            try hub.push(Image(seed: 2), to: "other/app", as: "v1")
            let answer = try waiting.wait(for: "the poll's answer") { $0 }
            #expect(answer["events"]?.array?.first?["data"]?["repository"]?.string == "other/app")
            #expect(try hub.client().request("GET", "/api/v1/events?wait=5").status == 400)
        }
    }
}

extension Hub {
    /// Waits until as many clients follow the log as are meant to.
    fileprivate func waitForFollowers(_ count: Int) throws {
        let limit = Date(timeIntervalSinceNow: 60)
        while Date() < limit {
            let metrics = try client().request("GET", "/metrics").text
            if metrics.contains("signalbox_event_streams \(count)\n") { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw Failure("there are not \(count) who follow")
    }
}

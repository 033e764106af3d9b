import JSON
import Testing

extension EndToEnd {
    /// Set `SIGNALBOX_RACE_ROUNDS` for more races than the default.
    @Suite("the guard, raced")
    struct RaceTests {
        static let racers = 64

        /// Sends each request but for its last byte, then all last bytes, then reads the answers.
        private func race(_ requests: [[UInt8]], at hub: Hub) throws -> [Response] {
            let connections = try requests.map { request in
                let connection = try Connection(port: hub.port)
                try connection.send(request.dropLast())
                return connection
            }
            for (connection, request) in zip(connections, requests) {
                try connection.send(request.suffix(1))
            }
            return try connections.map { try $0.readResponse(to: "PUT") }
        }

        private func put(_ manifest: Content, _ target: String, at hub: Hub) -> [UInt8] {
            Client.encode("PUT", target, port: hub.port, headers: ["Content-Type": manifest.mediaType], body: manifest.bytes)
        }

        /// Manifests that differ in an annotation only, so that their blobs are pushed once.
        private func variants(of image: Image, count: Int) -> [Content] {
            (0..<count).map { number in
                let text = String(decoding: image.manifest.bytes, as: UTF8.self).dropLast()
                return Content(image.manifest.mediaType, Array((text + #","annotations":{"racer":"\#(number)"}}"#).utf8))
            }
        }

        @Test("lets exactly one of 64 racing pushes to a new protected tag win, and tells the others why")
        func oneWins() throws {
            let hub = try Hub()
            try hub.protect("production", repositories: "prod/**", tags: "v*")
            let image = Image(seed: 1)
            for blob in image.blobs { try hub.client().upload(blob, to: "prod/app") }
            let manifests = variants(of: image, count: RaceTests.racers)

            for round in 1...rounds("SIGNALBOX_RACE_ROUNDS", default: 20) {
                let answers = try race(manifests.enumerated().map { number, manifest in
                    // Half of them come by digest with a tag parameter.
                    let target = number.isMultiple(of: 2) ? "v\(round)" : "\(manifest.digest)?tag=v\(round)"
                    return put(manifest, "/v2/prod/app/manifests/\(target)", at: hub)
                }, at: hub)
                let winners = answers.indices.filter { answers[$0].status == 201 }
                #expect(winners.count == 1)
                let winner = try #require(winners.first)
                for (number, answer) in answers.enumerated() where number != winner {
                    expectRefusal(answer, tag: "v\(round)", current: manifests[winner].digest, attempted: manifests[number].digest)
                }
                #expect(try hub.client().manifest("prod/app", "v\(round)").body == manifests[winner].bytes)
            }
            try checkEvents(hub)
        }

        private func expectRefusal(_ answer: Response, tag: String, current: String, attempted: String) {
            #expect(answer.status == 403, "\(answer)")
            #expect(answer.error?["code"]?.string == "DENIED")
            #expect(answer.error?["message"]?.string?.contains("immutable") == true)
            let detail = answer.error?["detail"]
            #expect(detail?["reason"]?.string == "TAG_IMMUTABLE")
            #expect(detail?["tag"]?.string == tag)
            #expect(detail?["currentDigest"]?.string == current)
            #expect(detail?["attemptedDigest"]?.string == attempted)
            #expect(detail?["rule"]?.string == "production")
        }

        private func checkEvents(_ hub: Hub) throws {
            let events = try hub.events()
            #expect(events.compactMap(\.sequence) == Array(1...Int64(max(events.count, 1))))
            var pushed: [String: Int] = [:]
            var rejected: [String: Int] = [:]
            for event in events {
                guard let tag = event["data"]?["tag"]?.string else { continue }
                if event.type == "io.signalbox.image.pushed" { pushed[tag, default: 0] += 1 }
                if event.type == "io.signalbox.tag.rejected" { rejected[tag, default: 0] += 1 }
            }
            for round in 1...rounds("SIGNALBOX_RACE_ROUNDS", default: 20) {
                #expect(pushed["v\(round)"] == 1)
                #expect(rejected["v\(round)"] == RaceTests.racers - 1)
            }
        }

        @Test("keeps a protected tag where it is against every way to move or remove it, at once")
        func nothingMovesIt() throws {
            let hub = try Hub()
            try hub.protect("production", repositories: "prod/**", tags: "v*")
            let image = Image(seed: 1)
            try hub.push(image, to: "prod/app", as: "v1")
            let requests = variants(of: image, count: 16).flatMap { manifest in
                [
                    put(manifest, "/v2/prod/app/manifests/v1", at: hub),
                    put(manifest, "/v2/prod/app/manifests/\(manifest.digest)?tag=free-\(manifest.digest.suffix(8))&tag=v1", at: hub),
                    Client.encode("DELETE", "/v2/prod/app/manifests/v1", port: hub.port),
                    Client.encode("DELETE", "/v2/prod/app/manifests/\(image.digest)", port: hub.port),
                ]
            }
            for answer in try race(requests, at: hub) {
                #expect(answer.status == 403, "\(answer)")
            }
            #expect(try hub.client().manifest("prod/app", "v1").body == image.manifest.bytes)
            let tags = try hub.client().request("GET", "/v2/prod/app/tags/list").json["tags"]?.array
            #expect(tags == [.string("v1")], "all or nothing")
            #expect(try hub.events().filter { $0.type == "io.signalbox.tag.rejected" }.count == requests.count)
        }

        @Test("accepts the same digest under the same tag again, without a record")
        func sameDigestAgain() throws {
            let hub = try Hub()
            try hub.protect("production", repositories: "prod/**", tags: "v*")
            let image = Image(seed: 1)
            try hub.push(image, to: "prod/app", as: "v1")
            let before = try hub.events().count
            let answers = try race(
                Array(repeating: put(image.manifest, "/v2/prod/app/manifests/v1", at: hub), count: RaceTests.racers), at: hub)
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(try hub.events().count == before)
        }
    }
}

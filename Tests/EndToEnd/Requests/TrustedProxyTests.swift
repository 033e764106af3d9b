import JSON
import Testing

extension EndToEnd {
    @Suite("Behind a proxy")
    struct TrustedProxyTests {
        private static let forwarded = ["X-Forwarded-For": "198.51.100.1, 203.0.113.7"]

        /// Pushes an image, is refused and pulls, all in somebody's name; the addresses in the records of that.
        private func addresses(_ hub: Hub) throws -> [String: Set<String>] {
            let client = try hub.client()
            let image = Image(seed: 7)
            for blob in image.blobs { #expect(try client.upload(blob, to: "team/app").status == 201) }
            let type = ["Content-Type": image.manifest.mediaType]
            let pushed = try client.request("PUT", "/v2/team/app/manifests/v1", headers: type.merging(Self.forwarded) { $1 }, body: image.manifest.bytes)
            #expect(pushed.status == 201)
            let foreign = Self.forwarded.merging(["Origin": "http://evil.example"]) { $1 }
            #expect(try client.request("POST", "/v2/team/app/blobs/uploads/", headers: foreign).status == 403)
            #expect(try client.request("GET", "/v2/team/app/manifests/v1", headers: Self.forwarded).status == 200)
            var events = try hub.events()
            try hub.wait(for: "the record of the pull") { client in
                let pulls = try client.request("GET", "/api/v1/events?type=io.signalbox.image.pulled").json["events"]?.array ?? []
                events += pulls
                return !pulls.isEmpty
            }
            return Dictionary(grouping: events) { $0.type?.replacing("io.signalbox.", with: "") ?? "?" }
                .mapValues { Set($0.map { $0["data"]?["request"]?["address"]?.string ?? "?" }) }
        }

        @Test("records of what came through a trusted proxy have the address that it was asked from, and queries find them by that")
        func trusted() throws {
            let hub = try Hub(config: #"{trustedProxies: ["127.0.0.0/8", "::1"], audit: {pulls: "all"}}"#)
            let addresses = try addresses(hub)
            for type in ["image.pushed", "access.denied", "image.pulled"] { #expect(addresses[type] == ["203.0.113.7"], "\(type)") }
            func types(_ address: String) throws -> [String?] {
                try hub.client().request("GET", "/api/v1/events?address=\(address)").json["events"]?.array?.map(\.type) ?? []
            }
            #expect(try types("203.0.113.7").contains("io.signalbox.image.pushed"))
            #expect(try types("198.51.100.1") == [], "that the client said itself")
        }

        @Test("without that setting, and from peers that it does not list, records have the peer's address", arguments: ["", "trustedProxies: ['10.0.0.0/8'], "])
        func untrusted(setting: String) throws {
            let addresses = try addresses(Hub(config: "{\(setting)audit: {pulls: \"all\"}}"))
            for type in ["image.pushed", "access.denied", "image.pulled"] { #expect(addresses[type] == ["127.0.0.1"], "\(type)") }
        }
    }
}

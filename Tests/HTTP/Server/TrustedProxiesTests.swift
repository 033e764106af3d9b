import HTTP
import IO
import Testing

@Suite("Who asks through a proxy")
struct TrustedProxiesTests {
    /// Who asks, by the lines of `X-Forwarded-For`. The proxies are 10.0.0.0/8 and ::1.
    private func client(_ lines: String..., peer: String = "10.0.0.1") throws -> String {
        let networks = try ["10.0.0.0/8", "::1"].map { try #require(IPNetwork($0)) }
        let lines = lines.map { "X-Forwarded-For: \($0)\r\n" }.joined()
        let headers = try head("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n").headers
        return TrustedProxies(networks).client(of: try #require(IPAddress(peer)), headers).description
    }

    @Test("a proxy's word counts, and nobody else's")
    func trust() throws {
        #expect(try client("203.0.113.7") == "203.0.113.7")
        #expect(try client("203.0.113.7", peer: "::1") == "203.0.113.7")
        #expect(try client("203.0.113.7", peer: "::ffff:10.0.0.1") == "203.0.113.7")
        #expect(try client("203.0.113.7", peer: "192.0.2.1") == "192.0.2.1")
        #expect(try client("203.0.113.7", peer: "::2") == "::2")
        #expect(try client() == "10.0.0.1")
        let peer = try #require(IPAddress("10.0.0.1"))
        #expect(TrustedProxies().client(of: peer, try headers("X-Forwarded-For: 203.0.113.7")) == peer, "nobody is trusted unless that is said")
    }

    @Test("what a client says itself stands left of its address and does not count")
    func spoofed() throws {
        #expect(try client("198.51.100.1, 203.0.113.7") == "203.0.113.7")
        #expect(try client("198.51.100.1, 10.9.9.9, 203.0.113.7, 10.0.0.2") == "203.0.113.7")
        #expect(try client("10.9.9.9, 203.0.113.7") == "203.0.113.7")
        #expect(try client("junk, 203.0.113.7") == "203.0.113.7")
        #expect(try client(#"", 203.0.113.7"#) == "203.0.113.7", "a quote takes in nothing")
        #expect(try client(#"\, 203.0.113.7"#) == "203.0.113.7")
    }

    @Test("a chain of nothing but proxies begins with the one furthest left")
    func allTrusted() throws {
        #expect(try client("10.0.0.3, ::1, 10.0.0.2") == "10.0.0.3")
    }

    @Test("several lines are one list, and empty elements are none")
    func manyLines() throws {
        #expect(try client("198.51.100.1", "203.0.113.7", "10.0.0.2") == "203.0.113.7")
        #expect(try client("198.51.100.1, 203.0.113.7", "10.0.0.3, 10.0.0.2") == "203.0.113.7")
        #expect(try client("203.0.113.7 ,, ", "", ",\t10.0.0.2,") == "203.0.113.7")
        #expect(try client("", ",") == "10.0.0.1")
    }

    @Test(
        "an address may have a port, and an IPv6 one brackets",
        arguments: [
            ("203.0.113.7:4711", "203.0.113.7"), ("2001:db8::7", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:DB8:0:0::7]:4711", "2001:db8::7"), ("::ffff:203.0.113.7", "203.0.113.7"), ("[::ffff:203.0.113.7]:65535", "203.0.113.7"),
            ("203.0.113.7, [::1]:80", "203.0.113.7"), ("203.0.113.7, 10.0.0.2:80", "203.0.113.7"), ("203.0.113.7, ::ffff:10.0.0.2", "203.0.113.7"),
        ])
    func forms(list: String, expected: String) throws {
        #expect(try client(list) == expected)
    }

    @Test(
        "what is no address ends the way, at the last one that was good",
        arguments: [
            "unknown", "_hidden", "203.0.113", "203.0.113.7:", "203.0.113.7:x", "203.0.113.7:65536", "203.0.113.7 198.51.100.1", "203.0.113.07",
            "2130706433", "[203.0.113.7]", "[203.0.113.7]:80", "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]x", "fe80::1%eth0", "for=203.0.113.7",
            #""203.0.113.7""#, "203.0.113.7/32", "hub.example", ":80", "é", String(repeating: "1", count: 5000),
        ])
    func garbage(text: String) throws {
        #expect(try client(text) == "10.0.0.1")
        #expect(try client("203.0.113.7, \(text)") == "10.0.0.1")
        #expect(try client("203.0.113.7, \(text), 10.0.0.3, 10.0.0.2") == "10.0.0.3")
    }

    @Test("the last 32 elements are looked at, on whatever lines, and no others")
    func bounded() throws {
        let proxies = (1...31).map { "10.0.1.\($0)" }
        #expect(try client((["203.0.113.7"] + proxies).joined(separator: ",")) == "203.0.113.7")
        #expect(try client((["203.0.113.7", "10.0.2.1"] + proxies).joined(separator: ",")) == "10.0.2.1")
        #expect(try client("203.0.113.7", "10.0.2.1", proxies.joined(separator: ",")) == "10.0.2.1")
        #expect(try client("203.0.113.7" + String(repeating: ",", count: 50_000)) == "10.0.0.1")
    }
}

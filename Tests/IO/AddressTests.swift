import IO
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test("addresses are read and written in their usual form", arguments: ["127.0.0.1", "::1", "2001:db8::1", "0.0.0.0"])
    func roundTrip(text: String) {
        #expect(IPAddress(text)?.description == text)
    }

    @Test("an IPv4 address inside IPv6 is the IPv4 address", arguments: ["::ffff:127.0.0.1", "::ffff:7f00:1"])
    func mapped(text: String) {
        #expect(IPAddress(text)?.isLoopback == true)
        #expect(IPAddress(text)?.isIPv4 == true)
    }

    @Test("what is not an address is none", arguments: ["", "1.2.3", "256.1.1.1", "localhost", "::g", "1.2.3.4 "])
    func invalid(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("HOST:PORT is read with brackets for IPv6", arguments: [
        ("127.0.0.1:5000", "127.0.0.1", 5000), ("[::1]:80", "::1", 80), ("localhost:0", "localhost", 0),
    ])
    func hostPort(text: String, host: String, port: Int) {
        #expect(HostPort(text) == HostPort(host: host, port: UInt16(port)))
        #expect(HostPort(text)?.description == text)
    }

    @Test("what is not HOST:PORT is none", arguments: ["", ":80", "a", "a:", "a:70000", "::1:80", "[a]:80", "a b:80", "a:-1"])
    func notHostPort(text: String) {
        #expect(HostPort(text) == nil)
    }

    @Test("an address resolves to itself without a look-up")
    func resolveAddress() throws {
        let address = try #require(IPAddress("192.0.2.7"))
        #expect(try Resolver.addresses(of: "192.0.2.7", port: 9) == [SocketAddress(ip: address, port: 9)])
    }
}

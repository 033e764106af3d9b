import HTTP
import IO
import Testing

@Suite("Addresses that may be connected to")
struct AddressPolicyTests {
    @Test("some never may", arguments: [
        "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.1.1", "100.100.100.200", "192.0.0.192", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "fe80::1", "febf::1", "ff02::1", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254", "2002:a9fe:a9fe::1", "::169.254.169.254", "2001:0:1234::1", "::ffff:0.0.0.0", "1::1", "4000::1",
        "64:ff9b::224.0.0.1", "64:ff9b:1:0:a9:fea9:fe00:0", "64:ff9b:1:0:a9:fea9:fe01:101",
        // A translator of the network's own, whatever its prefix: 169.254.169.254 at other places, and what looks harmless.
        "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a9fe:a9:fe00:101:101", "64:ff9b:1:a9:fe:a9fe::", "64:ff9b:1:a9:fe:a9fe:101:101", "64:ff9b:1::",
        "64:ff9b:1::10.0.0.1", "64:ff9b:1::1.1.1.1", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    ])
    func never(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy.localToo.refusal(of: address) != nil)
        #expect(AddressPolicy.publicOnly.refusal(of: address) != nil)
    }

    @Test("loopback by policy", arguments: ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::"])
    func loopback(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy(allowsLoopback: true, allowsPrivate: false).refusal(of: address) == nil)
        #expect(AddressPolicy(allowsLoopback: false, allowsPrivate: true).refusal(of: address) != nil)
    }

    @Test("private networks by policy", arguments: [
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.0.1", "198.18.0.1", "198.19.255.255", "fc00::1", "fd12::1", "fd00:42::43", "fec0::1",
        "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:c0a8:0101::1",
    ])
    func privateNetworks(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressPolicy(allowsLoopback: false, allowsPrivate: true).refusal(of: address) == nil)
        #expect(AddressPolicy(allowsLoopback: true, allowsPrivate: false).refusal(of: address) != nil)
    }

    @Test("the public internet always", arguments: [
        "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.167.0.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
        "2001:db8::1", "64:ff9b::1.1.1.1",
    ])
    func global(text: String) throws {
        #expect(AddressPolicy.publicOnly.refusal(of: try #require(IPAddress(text))) == nil)
    }

    @Test("one that is listed may, inside IPv6 too, and nothing else", arguments: [
        "127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "10.1.2.3", "64:ff9b::10.1.2.3", "2002:a01:203::1",
    ])
    func listed(text: String) throws {
        let address = try #require(IPAddress(text))
        let networks = try ["127.0.0.0/8", "10.1.0.0/16"].map { try #require(IPNetwork($0)) }
        #expect(AddressPolicy(allowsLoopback: false, allowsPrivate: false, networks: networks).refusal(of: address) == nil)
        let others = try ["127.0.0.2", "10.2.0.0/16", "0.0.0.0/8"].map { try #require(IPNetwork($0)) }
        #expect(AddressPolicy(allowsLoopback: false, allowsPrivate: false, networks: others).refusal(of: address) != nil)
    }

    @Test("a list opens no address that never may, and not IPv6's own loopback by a network of IPv4", arguments: [
        "169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::", "fd00:c1::a9fe:a9fe", "::1",
    ])
    func listedInVain(text: String) throws {
        let address = try #require(IPAddress(text))
        let networks = try ["169.254.0.0/16", "0.0.0.0/0", "64:ff9b::/96", "2002::/16", "fd00::/8"].map { try #require(IPNetwork($0)) }
        #expect(AddressPolicy(allowsLoopback: false, allowsPrivate: false, networks: networks).refusal(of: address) != nil)
    }
}

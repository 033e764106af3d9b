package import IO

/// The proxies that are believed when they say whom they ask for.
package struct TrustedProxies: Sendable {
    private let networks: [IPNetwork]

    /// What stands further left in the list is not looked at.
    private static let elements = 32
    /// `[address]:port`, at its longest.
    private static let elementBytes = 53

    package init(_ networks: [IPNetwork] = []) { self.networks = networks }

    /// Who asks: the peer, or whom it names in `X-Forwarded-For` if it is one of these proxies.
    ///
    /// Each proxy appends whom it was asked by. So the list is read from its end, as long as who stands there is a proxy too: the first one that is none
    /// is the client, and left of it stands only what the client said itself.
    package func client(of peer: IPAddress, _ headers: HTTPHeaders) -> IPAddress {
        guard contains(peer) else { return peer }
        var client = peer
        var left = Self.elements
        // Several lines are one list (RFC 9110, section 5.3), in which empty elements count for nothing (section 5.6.1).
        for line in headers.slices(of: .xForwardedFor).reversed() {
            var rest: ArraySlice<UInt8>? = line
            while let list = rest, left > 0 {
                left -= 1
                let comma = list.lastIndex(of: UInt8(ascii: ","))
                rest = comma.map { list[..<$0] }
                // Quotes mean nothing here: a client could open one that takes in what the proxy appends.
                let element = ByteClass.trimmed(list[(comma.map { $0 + 1 } ?? list.startIndex)...])
                if element.isEmpty { continue }
                guard let address = Self.address(element) else { return client }
                client = address
                if !contains(client) { return client }
            }
        }
        return client
    }

    private func contains(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`, the first and last with a port too.
    private static func address(_ element: ArraySlice<UInt8>) -> IPAddress? {
        guard element.count <= elementBytes else { return nil }
        let text = String(decoding: element, as: UTF8.self)
        return IPAddress(text) ?? (HostPort(text) ?? HostPort(text + ":0")).flatMap { IPAddress($0.host) }
    }
}

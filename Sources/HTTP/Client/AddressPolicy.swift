package import IO

/// Which addresses a client may connect to. It is asked about the very address that is connected to, after the name was
/// resolved, so that no name, spelling or changing answer of the DNS leads around it.
package struct AddressPolicy: Sendable, Equatable {
    package var allowsLoopback: Bool
    /// RFC 1918, RFC 6598 (carriers' shared space), RFC 4193 (unique local), and networks for benchmarks.
    package var allowsPrivate: Bool
    /// Loopback and private addresses that are allowed all the same.
    package var networks: [IPNetwork]

    package init(allowsLoopback: Bool, allowsPrivate: Bool, networks: [IPNetwork] = []) {
        self.allowsLoopback = allowsLoopback
        self.allowsPrivate = allowsPrivate
        self.networks = networks
    }

    package static var publicOnly: AddressPolicy { AddressPolicy(allowsLoopback: false, allowsPrivate: false) }
    package static var localToo: AddressPolicy { AddressPolicy(allowsLoopback: true, allowsPrivate: true) }

    /// Why `address` may not be connected to; nil where it may.
    package func refusal(of address: IPAddress) -> String? {
        switch AddressKind(address) {
        case .global: nil
        case .loopback: allowsLoopback || isListed(address) ? nil : "\(address) is a loopback address"
        case .private: allowsPrivate || isListed(address) ? nil : "\(address) is a private address"
        case .forbidden(let kind): "\(address) is \(kind)"
        }
    }

    /// Why a host that is written as an address may not be connected to under any policy; nil where it may under one, and for names.
    package static func refusal(ofHost host: String) -> String? {
        IPAddress(spelled: host).flatMap { localToo.refusal(of: $0) }
    }

    /// An IPv4 address inside an IPv6 one is listed by either form.
    private func isListed(_ address: IPAddress) -> Bool {
        let inner = AddressKind.embedded(in: address.bytes).flatMap { IPAddress(bytes: $0) }
        return networks.contains { network in network.contains(address) || inner.map(network.contains) ?? false }
    }
}

/// The special-purpose registries of IANA (RFC 6890), as far as they matter for connecting out.
private enum AddressKind {
    case global, loopback, `private`
    /// Never, whatever the policy says.
    case forbidden(String)

    init(_ address: IPAddress) {
        self = address.isIPv4 ? Self.v4(address.bytes[...]) : Self.v6(address.bytes)
    }

    /// Of the four bytes of an IPv4 address.
    private static func v4(_ bytes: ArraySlice<UInt8>) -> AddressKind {
        let bytes = Array(bytes)
        guard bytes.count == 4 else { return .forbidden("malformed") }
        return switch (bytes[0], bytes[1]) {
        case (0, _): .forbidden("an unspecified address")
        case (127, _): .loopback
        case (169, 254): .forbidden(
            bytes[2] == 169 && bytes[3] == 254 ? metadata : "a link-local address")
        case (192, 0) where bytes[2] == 0: .forbidden("an address for protocols' own use")
        case (100, 100) where bytes[2] == 100 && bytes[3] == 200: .forbidden(metadata)
        case (168, 63) where bytes[2] == 129 && bytes[3] == 16: .forbidden(metadata)
        case (10, _), (172, 16...31), (192, 168), (100, 64...127), (198, 18...19): .private
        case (224...239, _): .forbidden("a multicast address")
        case (240...255, _): .forbidden(bytes == [255, 255, 255, 255] ? "the broadcast address" : "a reserved address")
        default: .global
        }
    }

    private static func v6(_ bytes: [UInt8]) -> AddressKind {
        guard bytes.count == 16 else { return .forbidden("malformed") }
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] <= 1 {
            return bytes[15] == 1 ? .loopback : .forbidden("an unspecified address")
        }
        if metadataPrefixes.contains(where: bytes.starts) { return .forbidden(metadata) }
        if bytes.starts(with: localTranslation) { return .forbidden("an address of a network's own NAT64, which may lead anywhere") }
        if let embedded = embedded(in: bytes) { return v4(embedded) }
        return switch (bytes[0], bytes[1]) {
        case (0xFF, _): .forbidden("a multicast address")
        case (0xFE, 0x80...0xBF): .forbidden("a link-local address")
        case (0xFE, 0xC0...0xFF), (0xFC...0xFD, _): .private
        case (0x20, 0x01) where bytes[2] == 0 && bytes[3] == 0: .forbidden("a Teredo address")
        case (0x20...0x3F, _): .global
        default: .forbidden("a reserved address")
        }
    }

    /// An IPv4 address that would be reached through an IPv6 one: `::a.b.c.d`, NAT64 (RFC 6052) and 6to4.
    static func embedded(in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard bytes.count == 16 else { return nil }
        if bytes[..<12].allSatisfy({ $0 == 0 }) {
            // `::` and `::1` are IPv6's own.
            return bytes[12..<15].allSatisfy({ $0 == 0 }) && bytes[15] <= 1 ? nil : bytes[12...]
        }
        if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B]), bytes[4..<12].allSatisfy({ $0 == 0 }) { return bytes[12...] }
        return bytes.starts(with: [0x20, 0x02]) ? bytes[2..<6] : nil
    }

    /// 64:ff9b:1::/48, for translators of a network's own (RFC 8215). Where in such an address the IPv4 one stands depends on
    /// the length of the translator's prefix (RFC 6052, section 2.2), which nobody here knows: so none of them may.
    private static let localTranslation: [UInt8] = [0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01]

    private static let metadata = "the address of a cloud's metadata service"
    /// fd00:ec2::/32 of Amazon, fd20:ce::/32 of Google, fd00:c1::a9fe:a9fe of Oracle and fd00:42::42 of Scaleway, which lie
    /// within private space.
    private static let metadataPrefixes: [[UInt8]] = [
        [0xFD, 0x00, 0x0E, 0xC2], [0xFD, 0x20, 0x00, 0xCE],
        [0xFD, 0x00, 0x00, 0xC1, 0, 0, 0, 0, 0, 0, 0, 0, 0xA9, 0xFE, 0xA9, 0xFE],
        [0xFD, 0x00, 0x00, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x42],
    ]
}

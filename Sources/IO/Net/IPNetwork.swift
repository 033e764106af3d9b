/// A range of addresses, `10.0.0.0/8` or `fd00::/8` (RFC 4632, RFC 4291).
package struct IPNetwork: Sendable, Equatable, CustomStringConvertible {
    private let base: IPAddress
    private let length: Int

    /// Reads the usual form; an address alone is a network of one. Bits behind the prefix must be zero.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = IPAddress(String(parts[0])) else { return nil }
        let width = base.bytes.count * 8
        var length = width
        if parts.count == 2 {
            guard let told = Int(parts[1]), (0...width).contains(told), String(told) == parts[1] else { return nil }
            length = told
        }
        self.base = base
        self.length = length
        guard (length..<width).allSatisfy({ !Self.bit($0, of: base) }) else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.bytes.count == base.bytes.count
            && (0..<length).allSatisfy { Self.bit($0, of: address) == Self.bit($0, of: base) }
    }

    private static func bit(_ index: Int, of address: IPAddress) -> Bool {
        address.bytes[index / 8] & (0x80 >> UInt8(index % 8)) != 0
    }

    package var description: String { "\(base)/\(length)" }
}

import CLinux
import Glibc

/// An IPv4 or IPv6 address by its bytes: 4 or 16 of them, in network order. An IPv4 address inside IPv6
/// (`::ffff:a.b.c.d`) becomes plain IPv4, so that no rule about addresses can be passed by writing them another way.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init?(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let mapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.bytes = mapped ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// Reads `192.0.2.1` or `2001:db8::1`, as `inet_pton` does.
    package init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: &v4) { unsafe Array($0) })
        } else if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: &v6) { unsafe Array($0) })
        } else {
            return nil
        }
    }

    /// Reads what a resolver takes for an IPv4 address too: `127.1`, `0x7f000001`, `2130706433`.
    package init?(spelled text: String) {
        if let address = IPAddress(text) {
            self = address
            return
        }
        var v4 = in_addr()
        // It would also take an address with anything behind a space.
        guard !text.contains(" "), unsafe inet_aton(text, &v4) != 0 else { return nil }
        self.init(bytes: unsafe withUnsafeBytes(of: &v4) { unsafe Array($0) })
    }

    package var isIPv4: Bool { bytes.count == 4 }

    package var isLoopback: Bool {
        isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    package var description: String {
        if isIPv4 { return dotted }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard unsafe inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Of an IPv4 address: part of the record of each change, so without `inet_ntop` and its buffer.
    private var dotted: String {
        var text: [UInt8] = []
        text.reserveCapacity(15)
        for byte in bytes {
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            if byte >= 100 { text.append(UInt8(ascii: "0") + byte / 100) }
            if byte >= 10 { text.append(UInt8(ascii: "0") + byte / 10 % 10) }
            text.append(UInt8(ascii: "0") + byte % 10)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

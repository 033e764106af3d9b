/// The `host[:port]` of a Host field or an absolute target (RFC 3986, section 3.2), without user information.
enum Authority {
    static func isValid(_ bytes: ArraySlice<UInt8>, mayBeEmpty: Bool) -> Bool {
        guard let first = bytes.first else { return mayBeEmpty }
        let hostEnd: Int
        if first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = bytes[bytes.startIndex + 1..<bracket]
            guard !address.isEmpty, address.allSatisfy(isAddressLiteral) else { return false }
            hostEnd = bracket + 1
        } else {
            hostEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            guard hostEnd > bytes.startIndex, bytes[..<hostEnd].allSatisfy(isName) else { return false }
        }
        guard hostEnd < bytes.endIndex else { return true }
        let port = bytes[(hostEnd + 1)...]
        guard bytes[hostEnd] == UInt8(ascii: ":") else { return false }
        return port.isEmpty || ByteClass.decimal(port).map { $0 <= 65535 } == true
    }

    private static func isAddressLiteral(_ byte: UInt8) -> Bool {
        ByteClass.hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// Names of hosts as the DNS and containers have them. Escapes and the other characters of a URI's `reg-name`
    /// are refused: no name that resolves has them.
    private static func isName(_ byte: UInt8) -> Bool {
        switch ByteClass.lowercase(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}

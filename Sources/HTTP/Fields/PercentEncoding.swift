/// Percent-encoding (RFC 3986, section 2.1), strictly: two hexadecimal digits after each sign, UTF-8 behind them.
package enum PercentEncoding {
    /// Nil for a sign without its two digits, for NUL and for what is not UTF-8.
    package static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var position = bytes.startIndex
        while position < bytes.endIndex {
            var byte = bytes[position]
            if byte == UInt8(ascii: "%") {
                guard let value = escape(in: bytes, at: position), value != 0 else { return nil }
                byte = value
                position += 2
            } else if plusIsSpace, byte == UInt8(ascii: "+") {
                byte = ByteClass.space
            }
            decoded.append(byte)
            position += 1
        }
        return String(validating: decoded, as: UTF8.self)
    }

    package static func decode(_ text: String, plusIsSpace: Bool = false) -> String? {
        decode(Array(text.utf8)[...], plusIsSpace: plusIsSpace)
    }

    /// Text as one part of a path or a query: everything but RFC 3986's unreserved characters is escaped.
    package static func encode(_ text: String, except kept: String = "") -> String {
        encode(text) { isUnreserved($0) || kept.utf8.contains($0) }
    }

    /// Text with all bytes escaped that are not to be kept.
    package static func encode(_ text: String, keeping isKept: (UInt8) -> Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isKept(byte) {
                encoded.append(byte)
            } else {
                encoded.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The value of a hexadecimal digit of either case; nil for any other byte.
    package static func digit(_ byte: UInt8) -> UInt8? { ByteClass.hexValue(byte) }

    /// Decoded, but for `%2F` and `%25`. The bytes are known to decode.
    static func normalized(_ bytes: ArraySlice<UInt8>) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var position = bytes.startIndex
        while position < bytes.endIndex {
            guard bytes[position] == UInt8(ascii: "%"), let value = escape(in: bytes, at: position) else {
                decoded.append(bytes[position])
                position += 1
                continue
            }
            switch value {
            case UInt8(ascii: "/"): decoded.append(contentsOf: "%2F".utf8)
            case UInt8(ascii: "%"): decoded.append(contentsOf: "%25".utf8)
            default: decoded.append(value)
            }
            position += 3
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func escape(in bytes: ArraySlice<UInt8>, at position: Int) -> UInt8? {
        guard bytes.endIndex - position > 2, let high = ByteClass.hexValue(bytes[position + 1]),
            let low = ByteClass.hexValue(bytes[position + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}

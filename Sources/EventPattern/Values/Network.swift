/// An IPv4 or IPv6 address. An IPv6 address that maps an IPv4 one (::ffff:10.0.0.1) is that IPv4 address.
struct Address: Hashable, Sendable {
    let isV6: Bool
    let bits: UInt128

    var width: Int { isV6 ? 128 : 32 }

    init?(_ text: Span<UInt8>) {
        guard text.count >= 2, text.count <= 45 else { return nil }
        if let v4 = Self.dotted(text, 0..<text.count) {
            isV6 = false
            bits = UInt128(v4)
        } else if let v6 = Self.colons(text) {
            isV6 = v6 >> 32 != 0xFFFF
            bits = isV6 ? v6 : v6 & 0xFFFF_FFFF
        } else {
            return nil
        }
    }

    private static func dotted(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in range {
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                part = part * 10 + UInt32(text[index] & 0x0F)
                digits += 1
                guard digits <= 3, part <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, dots < 3 else { return nil }
                value = value << 8 | part
                (part, digits, dots) = (0, 0, dots + 1)
            default: return nil
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        return value << 8 | part
    }

    /// RFC 4291, section 2.2: eight groups, one run of zero groups as `::`, the last 32 bits perhaps in dots.
    private static func colons(_ text: Span<UInt8>) -> UInt128? {
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            index = 2
        }
        while index < text.count {
            let start = index
            var group: UInt32 = 0
            while index < text.count, let digit = hexDigit(text[index]) {
                group = group << 4 | UInt32(digit)
                index += 1
                guard index - start <= 4 else { return nil }
            }
            if index < text.count, text[index] == UInt8(ascii: "."), let tail = dotted(text, start..<text.count) {
                groups.append(UInt16(tail >> 16))
                groups.append(UInt16(tail & 0xFFFF))
                index = text.count
                break
            }
            guard index > start, groups.count < 8 else { return nil }
            groups.append(UInt16(group))
            guard index < text.count else { break }
            guard text[index] == UInt8(ascii: ":"), index + 1 < text.count else { return nil }
            index += 1
            if text[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        return joined(groups, gap: gap)
    }

    private static func joined(_ groups: [UInt16], gap: Int?) -> UInt128? {
        guard gap == nil ? groups.count == 8 : groups.count <= 7 else { return nil }
        let head = gap ?? 8
        var bits: UInt128 = 0
        for (index, group) in groups.enumerated() {
            let place = index < head ? index : index + 8 - groups.count
            bits |= UInt128(group) << (16 * UInt128(7 - place))
        }
        return bits
    }
}

func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// The addresses that share their first `length` bits.
struct Network: Hashable, Sendable {
    let isV6: Bool
    let bits: UInt128
    let length: Int

    init(_ address: Address, length: Int) {
        isV6 = address.isV6
        self.length = length
        bits = address.masked(length)
    }

    /// `10.0.0.0/8`, `2001:db8::/32`.
    init(cidr text: [UInt8]) throws(NetworkError) {
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")), !text[(slash + 1)...].contains(UInt8(ascii: "/")) else {
            throw NetworkError(reason: "a network is written as an address, one slash and a number of bits")
        }
        guard let address = Address(Array(text[..<slash]).span) else {
            throw NetworkError(reason: "what stands before the slash is no IP address")
        }
        let digits = text[(slash + 1)...]
        let isNumber = (1...3).contains(digits.count) && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard isNumber else { throw NetworkError(reason: "what stands after the slash is no number of bits") }
        var length = digits.reduce(0) { $0 * 10 + Int($1 & 0x0F) }
        if !address.isV6, text.contains(UInt8(ascii: ":")) { length -= 96 }
        guard (0...address.width).contains(length) else {
            throw NetworkError(reason: "the network has a number of bits that its addresses do not have")
        }
        self.init(address, length: length)
    }
}

extension Address {
    /// The first `length` bits, the others zero.
    func masked(_ length: Int) -> UInt128 {
        let drop = width - length
        return drop >= 128 ? 0 : (bits >> UInt128(drop)) << UInt128(drop)
    }
}

struct NetworkError: Error {
    let reason: String
}

/// Base64 (RFC 4648): `standard` is section 4, always padded; `url` is section 5, never padded (as JWTs and our ids).
package enum Base64: Sendable {
    case standard
    case url

    package static func encode(_ bytes: [UInt8], _ form: Base64 = .standard) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        append(bytes, to: &text, form)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends what `encode` returns.
    package static func append(_ bytes: [UInt8], to text: inout [UInt8], _ form: Base64 = .standard) {
        let start = text.count
        var index = 0
        while index + 6 <= bytes.count {
            var group: UInt64 = 0
            for byte in index..<index + 6 { group = group << 8 | UInt64(bytes[byte]) }
            text.append(bigEndian: form.characters(group))
            index += 6
        }
        if index + 3 <= bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            form.append(group, 4, &text)
            index += 3
        }
        switch bytes.count - index {
        case 1: form.append(UInt32(bytes[index]) << 16, 2, &text)
        case 2: form.append(UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8, 3, &text)
        default: break
        }
        while form == .standard, !(text.count - start).isMultiple(of: 4) {
            text.append(UInt8(ascii: "="))
        }
    }

    /// The eight characters of 48 bits, first in the highest byte.
    private func characters(_ group: UInt64) -> UInt64 {
        var word: UInt64 = 0
        for place: UInt64 in 0..<8 { word = word << 8 | UInt64(character(UInt8(truncatingIfNeeded: group >> (42 - 6 * place)) & 63)) }
        return word
    }

    /// The first characters of a group of 24 bits.
    private func append(_ group: UInt32, _ count: Int, _ text: inout [UInt8]) {
        var rest = group << 8
        for _ in 0..<count {
            text.append(character(UInt8(truncatingIfNeeded: rest >> 26)))
            rest <<= 6
        }
    }

    /// The bytes; nil for any character outside the alphabet (line breaks too), missing or needless padding,
    /// an impossible length, or leftover bits that are not zero. So every value has exactly one text.
    package static func decode(_ text: String, _ form: Base64 = .standard) -> [UInt8]? {
        decode(text.utf8, form)
    }

    package static func decode(_ text: some BidirectionalCollection<UInt8>, _ form: Base64 = .standard) -> [UInt8]? {
        var digits = text[...]
        if form == .standard {
            guard text.count.isMultiple(of: 4) else { return nil }
            if digits.last == UInt8(ascii: "=") { digits.removeLast() }
            if digits.last == UInt8(ascii: "=") { digits.removeLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3 + 2)
        var group: UInt32 = 0
        var bits = 0
        for character in digits {
            guard let value = form.value(character) else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return group & (1 << UInt32(bits) &- 1) == 0 ? bytes : nil
    }

    private func character(_ value: UInt8) -> UInt8 {
        switch value {
        case ..<26: UInt8(ascii: "A") &+ value
        case ..<52: UInt8(ascii: "a") &+ (value &- 26)
        case ..<62: UInt8(ascii: "0") &+ (value &- 52)
        case 62: self == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
        default: self == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
        }
    }

    private func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0") &+ 52
        case UInt8(ascii: "+"): self == .standard ? 62 : nil
        case UInt8(ascii: "/"): self == .standard ? 63 : nil
        case UInt8(ascii: "-"): self == .url ? 62 : nil
        case UInt8(ascii: "_"): self == .url ? 63 : nil
        default: nil
        }
    }
}

/// Lower-case hexadecimal (RFC 4648 section 8, in lower case as OCI digests demand).
package enum Hex {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the sixteen digits of a word, most significant first.
    package static func append(_ word: UInt64, to text: inout OutputSpan<UInt8>) {
        text.append(bigEndian: digits(UInt32(truncatingIfNeeded: word >> 32)))
        text.append(bigEndian: digits(UInt32(truncatingIfNeeded: word)))
    }

    /// The eight digits of half a word as text, the first in the most significant byte: all eight at once.
    private static func digits(_ half: UInt32) -> UInt64 {
        // A nibble to each byte.
        var nibbles = UInt64(half)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // A one for each that is a letter: ten and six make the next bit.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// The word that sixteen digits stand for; nil for anything but exactly those.
    package static func word(_ digits: Span<UInt8>) -> UInt64? {
        guard digits.count == 16 else { return nil }
        var word: UInt64 = 0
        for index in digits.indices {
            guard let value = value(digits[index]) else { return nil }
            word = word << 4 | UInt64(value)
        }
        return word
    }

    /// The bytes; nil for an odd length or any character but `0-9a-f` (upper case is refused: one value, one text).
    package static func decode(_ text: String) -> [UInt8]? {
        decode(text.utf8)
    }

    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            guard let value = value(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ (value &- 10)
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character &- UInt8(ascii: "a") &+ 10
        default: nil
        }
    }
}

extension [UInt8] {
    /// The eight bytes of a word, the most significant first.
    package mutating func append(bigEndian word: UInt64) {
        append(addingCapacity: 8) { out in out.append(bigEndian: word) }
    }
}

extension OutputSpan<UInt8> {
    /// The eight bytes of a word, the most significant first.
    package mutating func append(bigEndian word: UInt64) {
        precondition(freeCapacity >= 8, "a word for which there is no room")
        unsafe withUnsafeMutableBufferPointer { target, count in
            // The room was looked at above; a word may stand at any place.
            unsafe UnsafeMutableRawBufferPointer(target).storeBytes(of: word.bigEndian, toByteOffset: count, as: UInt64.self)
            count += 8
        }
    }
}

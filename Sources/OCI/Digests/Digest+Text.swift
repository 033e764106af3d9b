extension Digest: CustomStringConvertible, LosslessStringConvertible {
    package init?(_ text: String) {
        self.init(parsing: text.utf8)
    }

    package init?(_ text: Substring) {
        self.init(parsing: text.utf8)
    }

    /// Reads `algorithm:hex` from UTF-8. `nil` for anything but a known algorithm and exactly its lower-case digits.
    package init?(parsing text: some Collection<UInt8>) {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
            let algorithm = DigestAlgorithm(name: String(decoding: text[..<colon], as: UTF8.self))
        else { return nil }
        self.init(algorithm, hex: text[text.index(after: colon)...])
    }

    package init?(_ algorithm: DigestAlgorithm, hex: some Collection<UInt8>) {
        guard hex.count == 2 * algorithm.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(algorithm.byteCount)
        var high: UInt8?
        for character in hex {
            guard let nibble = Self.nibble(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        self.init(algorithm, bytes: bytes)
    }

    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The part after the colon.
    package var hex: String {
        String(decoding: text[(text.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? 0)...], as: UTF8.self)
    }

    package var description: String { String(decoding: text, as: UTF8.self) }

    private var text: [UInt8] {
        let bytes = bytes
        var text: [UInt8] = []
        text.reserveCapacity(algorithm.name.utf8.count + 1 + 2 * bytes.count)
        text.append(contentsOf: algorithm.name.utf8)
        text.append(UInt8(ascii: ":"))
        for byte in bytes {
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 15))
        }
        return text
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble
    }
}

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
        var text: [UInt8] = []
        text.reserveCapacity(2 * algorithm.byteCount)
        for byte in bytes {
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    package var description: String { "\(algorithm.name):\(hex)" }

    private static let digits = Array("0123456789abcdef".utf8)
}

import Crypto
import JSON

extension Digest: CustomStringConvertible, LosslessStringConvertible {
    package init?(_ text: String) {
        self.init(parsing: text.utf8.span)
    }

    package init?(_ text: Substring) {
        self.init(parsing: text.utf8.span)
    }

    /// Reads `algorithm:hex` from UTF-8. `nil` for anything but a known algorithm and exactly its lower-case digits.
    package init?(parsing text: Span<UInt8>) {
        let algorithm: DigestAlgorithm
        switch text.count {
        case DigestAlgorithm.sha256.textLength: algorithm = .sha256
        case DigestAlgorithm.sha512.textLength: algorithm = .sha512
        default: return nil
        }
        let colon = algorithm.name.utf8.count
        guard text[colon] == UInt8(ascii: ":") else { return nil }
        for (index, byte) in algorithm.name.utf8.enumerated() where text[index] != byte { return nil }
        func word(_ number: Int) -> UInt64? {
            let start = colon + 1 + 16 * number
            return Hex.word(text.extracting(start..<start + 16))
        }
        switch algorithm {
        case .sha256:
            guard let a = word(0), let b = word(1), let c = word(2), let d = word(3) else { return nil }
            storage = .sha256(a, b, c, d)
        case .sha512:
            let words = (0..<8).compactMap(word)
            guard words.count == 8 else { return nil }
            storage = .sha512(LongWords(words))
        }
    }

    /// The part after the colon.
    package var hex: String {
        String(decoding: text[(algorithm.name.utf8.count + 1)...], as: UTF8.self)
    }

    package var description: String { String(decoding: text, as: UTF8.self) }

    private var text: [UInt8] {
        [UInt8](capacity: textCount) { out in append(textTo: &out) }
    }

    /// How many bytes `append(textTo:)` appends.
    package var textCount: Int { algorithm.textLength }

    /// Appends `algorithm:hex`.
    package func append(textTo out: inout OutputSpan<UInt8>) {
        switch storage {
        case .sha256(let a, let b, let c, let d):
            out.append(copying: "sha256:")
            Hex.append(a, to: &out)
            Hex.append(b, to: &out)
            Hex.append(c, to: &out)
            Hex.append(d, to: &out)
        case .sha512(let long):
            out.append(copying: "sha512:")
            for word in long.words { Hex.append(word, to: &out) }
        }
    }
}

extension DigestAlgorithm {
    /// Of a digest as text, in bytes.
    fileprivate var textLength: Int { name.utf8.count + 1 + 2 * byteCount }
}

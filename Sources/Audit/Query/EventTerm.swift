/// What an index is asked by: a kind of field and its value, as 64 bits. The function is part of the index files' format:
/// whoever changes it, or what `EventTerms` takes out of an event, raises `schema`.
enum EventTerm {
    static let schema: UInt32 = 1

    enum Kind: UInt64 {
        case type = 1
        /// What a type begins with, up to a dot: `io.signalbox.image` of `io.signalbox.image.pushed`.
        case family = 2
        case repository = 3
        /// A folder that a repository is in, at any depth: `a` and `a/b` of `a/b/c`.
        case folder = 4
        case tag = 5
        /// A digest anywhere in the event's data.
        case digest = 6
        case principal = 7
        case address = 8
        case request = 9
        case id = 10
        /// Other than success.
        case outcome = 11
        /// What an event is about that is about no image, such as `guards/releases`.
        case subject = 12
        /// Of a deployment.
        case environment = 13
    }

    static func of(_ kind: Kind, _ text: String) -> UInt64 {
        let bytes = Array(text.utf8)
        return of(kind, bytes.span, 0..<bytes.count)
    }

    /// Multiply and fold, eight bytes a step.
    static func of(_ kind: Kind, _ text: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        hash(text, range, seed: kind.rawValue &* 0x9E37_79B9_7F4A_7C15)
    }

    static func hash(_ text: Span<UInt8>, _ range: Range<Int>, seed: UInt64) -> UInt64 {
        guard range.lowerBound >= 0, range.upperBound <= text.count else { return seed }
        var hash = seed ^ UInt64(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            var word: UInt64 = 0
            if index + 8 <= range.upperBound {
                word = UInt64(littleEndian: unsafe text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
            } else {
                for place in (index..<range.upperBound).reversed() { word = word << 8 | UInt64(text[place]) }
            }
            hash = fold(hash ^ word)
            index += 8
        }
        return fold(hash)
    }

    private static func fold(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0xE703_7ED1_A0B4_28DB).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}

/// What a pattern means, before it is compiled.
indirect enum ExpressionNode: Sendable {
    case empty
    case bytes(ByteSet)
    case assertion(Assertion)
    case sequence([ExpressionNode])
    case alternatives([ExpressionNode])
    /// A group that captures, with its number.
    case group(Int, ExpressionNode)
    /// `maximum` is nil where there is none.
    case repetition(ExpressionNode, minimum: Int, maximum: Int?, isGreedy: Bool)

    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    /// Whether it matches without taking a byte.
    var canBeEmpty: Bool {
        switch self {
        case .empty, .assertion: true
        case .bytes: false
        case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
        case .alternatives(let choices): choices.contains(where: \.canBeEmpty)
        case .group(_, let inner): inner.canBeEmpty
        case .repetition(let inner, let minimum, _, _): minimum == 0 || inner.canBeEmpty
        }
    }
}

/// A set of bytes, one bit each.
struct ByteSet: Sendable, Hashable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    init(_ ranges: ClosedRange<UInt8>...) {
        for range in ranges { insert(range) }
    }

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }

    mutating func insert(_ byte: UInt8) {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func insert(_ range: ClosedRange<UInt8>) {
        for byte in range { insert(byte) }
    }

    mutating func formUnion(_ other: ByteSet) {
        words = (words.0 | other.words.0, words.1 | other.words.1, words.2 | other.words.2, words.3 | other.words.3)
    }

    var inverted: ByteSet {
        var set = ByteSet()
        set.words = (~words.0, ~words.1, ~words.2, ~words.3)
        return set
    }

    /// With both cases of each letter in it.
    var foldingCase: ByteSet {
        var set = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") where contains(letter) || contains(letter ^ 0x20) {
            set.insert(letter)
            set.insert(letter ^ 0x20)
        }
        return set
    }

    static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    static let digits = ByteSet(0x30...0x39)
    static let space = ByteSet(0x09...0x0A, 0x0C...0x0D, 0x20...0x20)
    static let word = ByteSet(0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A)
    static let any = ByteSet(0...255)
    static let notNewline = ByteSet(0x0A...0x0A).inverted
}

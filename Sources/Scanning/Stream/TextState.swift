/// A string or number that is being read: what of it is wanted, and how far escapes and UTF-8 have got.
struct TextState: Sendable {
    private(set) var isWanted = false
    private(set) var bytes: [UInt8] = []
    fileprivate var escape = Escape.none
    /// Continuation bytes still to come, and what the next one may be.
    fileprivate var pending = 0
    fileprivate var low: UInt8 = 0x80
    fileprivate var high: UInt8 = 0xBF

    fileprivate enum Escape {
        case none
        case started
        /// Digits of `\u` so far and their value.
        case unicode(Int, UInt32)
    }

    /// The first half of a surrogate pair.
    private var half: UInt32?

    mutating func begin(isWanted: Bool) {
        self.isWanted = isWanted
        bytes.removeAll(keepingCapacity: true)
        escape = .none
        pending = 0
        half = nil
    }

    mutating func append(_ byte: UInt8) {
        if bytes.count <= JSONTokenizer.maximumText { bytes.append(byte) }
    }

    fileprivate mutating func append(_ scalar: Unicode.Scalar) {
        guard isWanted else { return }
        for byte in String(scalar).utf8 { append(byte) }
    }

    /// A whole `\uXXXX`.
    fileprivate mutating func unit(_ value: UInt32) {
        if let first = half {
            half = nil
            if (0xDC00..<0xE000).contains(value), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (value - 0xDC00)) {
                return append(scalar)
            }
            append("\u{FFFD}")
        }
        if (0xD800..<0xDC00).contains(value) {
            half = value
        } else {
            append(Unicode.Scalar(value) ?? "\u{FFFD}")
        }
    }

    /// What follows is no second half.
    fileprivate mutating func flushHalf() {
        guard half != nil else { return }
        half = nil
        append("\u{FFFD}")
    }

    /// The first byte of a character beyond ASCII; false where there is no such.
    fileprivate mutating func lead(_ byte: UInt8) -> Bool {
        (low, high) = (0x80, 0xBF)
        switch byte {
        case 0xC2...0xDF: pending = 1
        case 0xE0: (pending, low) = (2, 0xA0)
        case 0xED: (pending, high) = (2, 0x9F)
        case 0xE1...0xEF: pending = 2
        case 0xF0: (pending, low) = (3, 0x90)
        case 0xF4: (pending, high) = (3, 0x8F)
        case 0xF1...0xF3: pending = 3
        default: return false
        }
        return true
    }

    fileprivate mutating func continuation(_ byte: UInt8) -> Bool {
        guard byte >= low, byte <= high else { return false }
        (low, high) = (0x80, 0xBF)
        pending -= 1
        return true
    }
}

extension JSONTokenizer {
    /// Reads on in a string. True at its end, whose quotation mark is passed then.
    mutating func readText(_ bytes: Span<UInt8>, _ index: inout Int) throws(ScanError) -> Bool {
        while index < bytes.count {
            let byte = bytes[index]
            if case .none = text.escape {
                if text.pending > 0 || byte >= 0x80 {
                    text.flushHalf()
                    guard text.pending > 0 ? text.continuation(byte) : text.lead(byte) else { throw damaged(index, "a string that is not UTF-8") }
                    if text.isWanted { text.append(byte) }
                } else if byte == UInt8(ascii: "\"") {
                    text.flushHalf()
                    index += 1
                    return true
                } else if byte == UInt8(ascii: "\\") {
                    text.escape = .started
                } else if byte < 0x20 {
                    throw damaged(index, "a control character in a string must be escaped")
                } else if text.isWanted {
                    text.flushHalf()
                    text.append(byte)
                } else {
                    skipPlain(bytes, &index)
                    continue
                }
            } else {
                try readEscape(byte, index)
            }
            index += 1
        }
        return false
    }

    /// Goes past all that is neither the end nor anything special.
    private func skipPlain(_ bytes: Span<UInt8>, _ index: inout Int) {
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            index += 1
        }
    }

    private mutating func readEscape(_ byte: UInt8, _ index: Int) throws(ScanError) {
        if case .unicode(let count, let value) = text.escape {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw damaged(index, "expected four hexadecimal digits")
            }
            let sum = value << 4 | UInt32(digit)
            text.escape = count == 3 ? .none : .unicode(count + 1, sum)
            if count == 3 { text.unit(sum) }
            return
        }
        if byte == UInt8(ascii: "u") {
            text.escape = .unicode(0, 0)
            return
        }
        text.flushHalf()
        text.escape = .none
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): text.append("\u{8}" as Unicode.Scalar)
        case UInt8(ascii: "f"): text.append("\u{C}" as Unicode.Scalar)
        case UInt8(ascii: "n"): text.append("\n" as Unicode.Scalar)
        case UInt8(ascii: "r"): text.append("\r" as Unicode.Scalar)
        case UInt8(ascii: "t"): text.append("\t" as Unicode.Scalar)
        default: throw damaged(index, "an unknown escape")
        }
    }
}

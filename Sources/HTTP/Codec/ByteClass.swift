/// The character classes of RFC 9110, section 5.6, as bit masks: no table in memory, no branch on the byte's kind.
enum ByteClass {
    static let cr: UInt8 = 0x0D
    static let lf: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    /// Bit n stands for the byte n, of the first and the second 64.
    private static let tokenLow: UInt64 = 0x3FF_6CFA_0000_0000
    private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

    /// tchar: letters, digits and !#$%&'*+-.^_`|~
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let mask = byte & 0x40 == 0 ? tokenLow : tokenHigh
        return byte < 0x80 && (mask &>> UInt64(byte & 0x3F)) & 1 != 0
    }

    static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isToken($0) }
    }

    /// Control characters but the tab: none may stand in a field's value.
    @inline(__always)
    static func isForbiddenInValue(_ byte: UInt8) -> Bool {
        (byte < 0x20 && byte != tab) || byte == 0x7F
    }

    /// Where the first byte from `start` stands that none may be in a value; `end` where there is none. Eight bytes a step: a byte of `hits` has its
    /// high bit set at a control character, and the lowest such bit is always a true one.
    @inline(__always)
    static func firstForbidden(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && end <= bytes.count, "bytes that are not there")
        let (ones, highs) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        var index = start
        while index + 8 <= end {
            // Eight bytes from here are before `end`, which is within the bytes.
            let word = UInt64(littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
            let deletes = word ^ (ones &* 0x7F)
            let hits = ((deletes &- ones) & ~deletes | (word &- ones &* 0x20) & ~word) & highs
            guard hits != 0 else {
                index += 8
                continue
            }
            index += hits.trailingZeroBitCount >> 3
            if bytes[index] != tab { return index }
            index += 1
        }
        while index < end, !isForbiddenInValue(bytes[index]) { index += 1 }
        return index
    }

    /// A visible ASCII character: what a request target is made of.
    @inline(__always)
    static func isVisible(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    @inline(__always)
    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    static func equalsIgnoringCase(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
        let (bytes, text) = (bytes.span, text.utf8.span)
        guard bytes.count == text.count else { return false }
        for index in bytes.indices where lowercase(bytes[index]) != lowercase(text[index]) { return false }
        return true
    }

    /// Without spaces and tabs at either end.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let first = rest.first, first == space || first == tab { rest = rest.dropFirst() }
        while let last = rest.last, last == space || last == tab { rest = rest.dropLast() }
        return rest
    }

    /// Decimal digits only, at least one; nil too where the number does not fit.
    static func decimal(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard !bytes.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in bytes {
            guard isDigit(byte) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte &- 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}

extension OutputSpan<UInt8> {
    package mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { source in unsafe append(copying: source) }
    }

    package mutating func append(copying text: StaticString) {
        text.withUTF8Buffer { source in unsafe append(copying: source) }
    }

    private mutating func append(copying source: UnsafeBufferPointer<UInt8>) {
        precondition(source.count <= freeCapacity, "more bytes than there is room for")
        unsafe withUnsafeMutableBufferPointer { target, count in
            // The room was looked at above, and what was just asked for is nobody else's.
            let free = unsafe UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: target[count...]))
            unsafe free.copyMemory(from: UnsafeRawBufferPointer(source))
            count += source.count
        }
    }
}

/// Numbers in decimal digits.
package enum DecimalText {
    /// Of 64 bits, in digits.
    package static let longest = 20

    package static func append(_ number: UInt64, to out: inout OutputSpan<UInt8>) {
        var (rest, power) = (number, 1 as UInt64)
        while rest >= 10 {
            rest /= 10
            power *= 10
        }
        rest = number
        while power > 0 {
            out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power))
            rest %= power
            power /= 10
        }
    }
}

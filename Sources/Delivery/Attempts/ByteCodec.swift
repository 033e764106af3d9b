/// Numbers as base-128 varints, low groups first; texts and bytes with their length before them.
struct ByteWriter {
    var bytes: [UInt8]

    init(appendingTo bytes: [UInt8] = []) { self.bytes = bytes }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ value: Int) { number(UInt64(max(0, value))) }

    /// Of a time; those before 1970 become 0.
    mutating func time(_ value: Int64) { number(UInt64(max(0, value))) }

    mutating func text(_ value: String) {
        number(value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }
}

/// Reads what `ByteWriter` wrote. What is not there, or too long, is nil: bytes from a disk can be anything.
struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let byte = byte() else { return nil }
            let group = UInt64(byte & 0x7F)
            guard shift < 63 || group <= 1 else { return nil }
            value |= group << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    /// Counts and times are far from the end of what their types hold, so that what is added to one of them never traps.
    private static let greatest: UInt64 = 1 << 53

    mutating func int() -> Int? { number().flatMap { $0 <= Self.greatest ? Int(exactly: $0) : nil } }
    mutating func time() -> Int64? { number().flatMap { $0 <= Self.greatest ? Int64(exactly: $0) : nil } }

    mutating func text() -> String? {
        guard let count = int(), count <= bytes.count - position else { return nil }
        position += count
        return String(validating: bytes[(position - count)..<position], as: UTF8.self)
    }
}

/// Places of records in a segment (0 is its first record), ascending, as differences in base-128 varints.
enum TermPostings {
    static func append(varint value: UInt32, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// The number at `offset`, which is moved behind it; nil when the bytes end before it does or it has more than 32 bits.
    static func varint(_ bytes: RawSpan, _ offset: inout Int) -> UInt32? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            guard offset < bytes.byteCount else { return nil }
            let byte: UInt8 = bytes.number(at: offset)
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return UInt32(exactly: value) }
        }
        return nil
    }

    /// Appends the differences of places that ascend; one that is there twice counts once.
    /// - Returns: how many there are.
    static func encode(_ places: some Sequence<UInt32>, into bytes: inout [UInt8]) -> UInt32 {
        var count: UInt32 = 0
        var next: UInt32 = 0
        for place in places where count == 0 || place >= next {
            append(varint: place - next, to: &bytes)
            next = place &+ 1
            count += 1
        }
        return count
    }

    /// Reads what `encode` wrote; nil when the bytes are anything else, or a place is not below `limit`.
    static func decode(_ bytes: RawSpan, count: UInt32, limit: UInt32) -> [UInt32]? {
        guard count <= limit, Int(count) <= bytes.byteCount else { return nil }
        var places: [UInt32] = []
        places.reserveCapacity(Int(count))
        var offset = 0
        var next: UInt64 = 0
        for _ in 0..<count {
            guard let step = varint(bytes, &offset) else { return nil }
            let place = next + UInt64(step)
            guard place < UInt64(limit) else { return nil }
            places.append(UInt32(place))
            next = place + 1
        }
        return offset == bytes.byteCount ? places : nil
    }
}

/// Sets of places as sorted arrays without repetition.
extension [UInt32] {
    func intersection(_ other: [UInt32]) -> [UInt32] {
        var common: [UInt32] = []
        common.reserveCapacity(Swift.min(count, other.count))
        var (left, right) = (0, 0)
        while left < count, right < other.count {
            let (a, b) = (self[left], other[right])
            if a == b { common.append(a) }
            if a <= b { left += 1 }
            if b <= a { right += 1 }
        }
        return common
    }

    func union(_ other: [UInt32]) -> [UInt32] {
        if isEmpty { return other }
        if other.isEmpty { return self }
        var all: [UInt32] = []
        all.reserveCapacity(count + other.count)
        var (left, right) = (0, 0)
        while left < count || right < other.count {
            let a = left < count ? self[left] : .max
            let b = right < other.count ? other[right] : .max
            if left < count, a <= b || right >= other.count {
                all.append(a)
                left += 1
                if right < other.count, a == b { right += 1 }
            } else {
                all.append(b)
                right += 1
            }
        }
        return all
    }
}

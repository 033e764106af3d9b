/// Tells known field names by a hash that the parser computes on its way over the name, then compares the bytes.
struct HeaderNameTable: Sendable {
    static let shared = HeaderNameTable()

    private static let slotMask: UInt32 = 255
    /// Open addressing over 256 slots, at most a quarter of them taken; 0 is free, else the name's raw value plus one.
    private var slots = [UInt8](repeating: 0, count: 256)
    /// All names in lower case, one after the other, and where each begins (and the last ends).
    private var text: [UInt8] = []
    private var starts: [Int] = []

    private init() {
        for name in HeaderName.allCases {
            starts.append(text.count)
            var hash = Self.emptyHash
            for byte in name.text.utf8 {
                hash = Self.hash(hash, byte)
                text.append(ByteClass.lowercase(byte))
            }
            var slot = Int(hash & Self.slotMask)
            while slots[slot] != 0 { slot = (slot + 1) & Int(Self.slotMask) }
            slots[slot] = name.rawValue + 1
        }
        starts.append(text.count)
    }

    static let emptyHash: UInt32 = 17

    /// One step of the hash; letters of either case give the same.
    @inline(__always)
    static func hash(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
        (hash &* 31) &+ UInt32(byte | 0x20)
    }

    /// The known name that stands in `bytes` at `range`, whose bytes have `hash`.
    func name(in bytes: Span<UInt8>, _ range: Range<Int>, hash: UInt32) -> HeaderName? {
        var slot = Int(hash & Self.slotMask)
        while slots[slot] != 0 {
            let candidate = Int(slots[slot] - 1)
            if equals(candidate, bytes, range) { return HeaderName(rawValue: UInt8(candidate)) }
            slot = (slot + 1) & Int(Self.slotMask)
        }
        return nil
    }

    /// The known name of that text, in whatever case.
    func name(_ text: String) -> HeaderName? {
        var hash = Self.emptyHash
        let bytes = Array(text.utf8)
        for byte in bytes { hash = Self.hash(hash, byte) }
        return name(in: bytes.span, 0..<bytes.count, hash: hash)
    }

    private func equals(_ candidate: Int, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let start = starts[candidate]
        guard starts[candidate + 1] - start == range.count else { return false }
        for offset in 0..<range.count where ByteClass.lowercase(bytes[range.lowerBound + offset]) != text[start + offset] {
            return false
        }
        return true
    }
}

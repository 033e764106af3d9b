/// A hash table from (owner, bytes) to a number, built once and then only read. It serves the keys of objects (the
/// owner is a path) and the strings and numbers that fields are compared with (the owner is a field and a kind).
struct KeyTable: Sendable {
    struct Slot: Sendable {
        var hash: UInt64
        var owner: UInt32
        var value: UInt32
        var start: UInt32
        /// `UInt32.max` marks an empty slot.
        var length: UInt32
    }

    private(set) var slots: [Slot]
    private(set) var bytes: [UInt8]
    private var count = 0
    /// Drawn anew for each table, so that nobody can choose keys that collide.
    private let seed = UInt64.random(in: .min ... .max)
    private static let empty = Slot(hash: 0, owner: 0, value: 0, start: 0, length: .max)

    init() {
        slots = Array(repeating: Self.empty, count: 8)
        bytes = []
    }

    /// The number for this key; a new key gets `value`.
    mutating func insert(_ owner: UInt32, _ key: [UInt8], _ value: UInt32) -> UInt32 {
        let hash = hash(owner, key.span, 0..<key.count)
        if let found = find(owner, key.span, 0..<key.count, hash) { return found }
        count += 1
        if count * 2 > slots.count { grow() }
        let slot = Slot(
            hash: hash, owner: owner, value: value, start: UInt32(truncatingIfNeeded: bytes.count),
            length: UInt32(truncatingIfNeeded: key.count))
        bytes.append(contentsOf: key)
        place(slot)
        return value
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Self.empty, count: old.count * 2)
        for slot in old where slot.length != .max { place(slot) }
    }

    private mutating func place(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: slot.hash) & (slots.count - 1)
        while slots[index].length != .max { index = (index + 1) & (slots.count - 1) }
        slots[index] = slot
    }

    @inline(__always)
    func find(_ owner: UInt32, _ text: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        find(owner, text, range, hash(owner, text, range))
    }

    @inline(__always)
    private func find(_ owner: UInt32, _ text: Span<UInt8>, _ range: Range<Int>, _ hash: UInt64) -> UInt32? {
        let slots = slots.span
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[index]
            if slot.length == .max { return nil }
            if slot.hash == hash, slot.owner == owner, Int(slot.length) == range.count,
                equal(text, range, Int(slot.start))
            {
                return slot.value
            }
            index = (index + 1) & mask
        }
    }

    @inline(__always)
    private func equal(_ text: Span<UInt8>, _ range: Range<Int>, _ start: Int) -> Bool {
        let own = bytes.span
        guard start + range.count <= own.count, range.upperBound <= text.count else { return false }
        var offset = 0
        while offset + 8 <= range.count {
            guard word(text, range.lowerBound + offset) == word(own, start + offset) else { return false }
            offset += 8
        }
        while offset < range.count {
            guard unsafe text[unchecked: range.lowerBound + offset] == own[unchecked: start + offset] else { return false }
            offset += 1
        }
        return true
    }

    /// Eight bytes; the caller has checked that they are there.
    @inline(__always)
    private func word(_ text: Span<UInt8>, _ offset: Int) -> UInt64 {
        unsafe text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
    }

    /// Multiply and fold, eight bytes a step.
    @inline(__always)
    private func hash(_ owner: UInt32, _ text: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash = seed ^ UInt64(owner) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: range.count)
        guard range.lowerBound >= 0, range.upperBound <= text.count else { return hash }
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            hash = fold(hash ^ word(text, index))
            index += 8
        }
        if index < range.upperBound {
            var tail: UInt64 = 0
            while index < range.upperBound {
                tail = tail << 8 | UInt64(unsafe text[unchecked: index])
                index += 1
            }
            hash = fold(hash ^ tail)
        }
        return fold(hash)
    }

    @inline(__always)
    private func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}

import Glibc

/// The keys of a node, in order: the bytes of all, one after the other, and where each ends.
///
/// Exactly as large as they are: a node is shared with the state before it, so an insertion copies in any case; letting the arrays grow
/// by themselves would leave a third of a large state's memory unused.
struct KeyColumn: Equatable, Sendable {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []

    init() {}

    /// - Parameter keys: rising, without repetition.
    init(_ keys: ArraySlice<some SortedKey>) {
        for key in keys { key.withBytes { append($0) } }
        // Without the room that they grew into.
        bytes = Array(bytes[...])
        ends = Array(ends[...])
    }

    var count: Int { ends.count }

    private func start(of index: Int) -> Int { index == 0 ? 0 : Int(ends[index - 1]) }

    func withKey<R>(at index: Int, _ body: (Span<UInt8>) -> R) -> R {
        body(bytes.span.extracting(start(of: index)..<Int(ends[index])))
    }

    // MARK: Searching

    /// The first key that is not before `key`, and whether it is that key.
    func find(_ key: Span<UInt8>) -> (index: Int, isThere: Bool) {
        let index = partition { order($0, key) >= 0 }
        return (index, index < count && withKey(at: index) { order($0, key) == 0 })
    }

    /// The first key that is after `key`.
    func firstIndex(after key: Span<UInt8>) -> Int { partition { order($0, key) > 0 } }

    /// - Parameter reaches: false for all keys before the answer's and true for all others.
    func partition(_ reaches: (Span<UInt8>) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if withKey(at: middle, reaches) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Below zero where `left` comes first, zero where they are equal.
    private func order(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
        // Both are borrowed, and no more is read than the shorter has.
        let order = unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                guard let start = left.baseAddress, let other = right.baseAddress else { return 0 }
                return unsafe Int(memcmp(start, other, min(left.count, right.count)))
            }
        }
        return order != 0 ? order : left.count - right.count
    }

    // MARK: Changing

    mutating func append(_ key: Span<UInt8>) {
        bytes.append(key)
        ends.append(UInt32(truncatingIfNeeded: bytes.count))
    }

    mutating func append(_ others: KeyColumn, from first: Int = 0) {
        guard first < others.count else { return }
        let start = others.start(of: first)
        let shift = bytes.count - start
        bytes.append(contentsOf: others.bytes[start...])
        ends.append(contentsOf: others.ends[first...].map { UInt32(truncatingIfNeeded: Int($0) + shift) })
    }

    mutating func insert(_ key: Span<UInt8>, at index: Int) {
        let start = start(of: index)
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count + key.count)
        joined.append(contentsOf: bytes[..<start])
        joined.append(key)
        joined.append(contentsOf: bytes[start...])
        bytes = joined
        var moved: [UInt32] = []
        moved.reserveCapacity(count + 1)
        moved.append(contentsOf: ends[..<index])
        moved.append(UInt32(truncatingIfNeeded: start + key.count))
        for end in ends[index...] { moved.append(end &+ UInt32(truncatingIfNeeded: key.count)) }
        ends = moved
    }

    mutating func remove(at index: Int) {
        let range = start(of: index)..<Int(ends[index])
        bytes.removeSubrange(range)
        ends.remove(at: index)
        for later in index..<count { ends[later] &-= UInt32(truncatingIfNeeded: range.count) }
    }

    /// Takes off the keys from `first` on.
    mutating func split(at first: Int) -> KeyColumn {
        var upper = KeyColumn()
        upper.append(self, from: first)
        bytes = Array(bytes[..<start(of: first)])
        ends = Array(ends[..<first])
        return upper
    }
}

extension [UInt8] {
    mutating func append(_ bytes: Span<UInt8>) {
        // Copied while they are borrowed.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

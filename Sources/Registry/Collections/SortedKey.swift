import OCI

/// A key that is kept as bytes, whose order is the key's own: a node has all of its keys in one piece of memory, which is copied and let
/// go of as one, however many they are, and searched without asking the type.
protocol SortedKey: Comparable, Sendable {
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R

    /// - Parameter bytes: of a key of this type.
    init(bytes: Span<UInt8>)
}

/// A key whose bytes tell where they end, so that others may follow.
protocol DelimitedKey: SortedKey {
    /// How many of the bytes are those of the key that they begin with.
    static func length(in bytes: Span<UInt8>) -> Int
}

extension Tag: SortedKey {
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R { body(text.utf8.span) }

    init(bytes: Span<UInt8>) { self.init(checked: String(bytes: bytes)) }
}

extension RepositoryName: SortedKey {
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R { body(text.utf8.span) }

    init(bytes: Span<UInt8>) { self.init(checked: String(bytes: bytes)) }
}

extension String: SortedKey {
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R { body(utf8.span) }

    init(bytes: Span<UInt8>) {
        // Read while they are borrowed.
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension Digest: DelimitedKey {
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R { withSortedBytes(body) }

    init(bytes: Span<UInt8>) { self.init(sortedBytes: bytes) }

    static func length(in bytes: Span<UInt8>) -> Int { sortedLength(bytes) }
}

extension Pair: SortedKey where First: DelimitedKey, Second: SortedKey {
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96)
        first.withBytes { bytes.append($0) }
        second.withBytes { bytes.append($0) }
        return body(bytes.span)
    }

    init(bytes: Span<UInt8>) {
        let length = First.length(in: bytes)
        self.init(First(bytes: bytes.extracting(first: length)), Second(bytes: bytes.extracting(droppingFirst: length)))
    }
}

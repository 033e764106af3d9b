import Synchronization

/// How many large transfers there may be at once, which bounds their memory.
final class TransferPlaces: Sendable {
    /// Below it a transfer is over before the first chunks have met.
    static let least = 4 << 20

    /// So many MiB are in memory at most: two chunks of each.
    static let most = 8

    private let taken = Atomic<Int>(0)

    func take() -> TransferPlace? {
        if taken.add(1, ordering: .relaxed).newValue <= Self.most { return TransferPlace(self) }
        leave()
        return nil
    }

    fileprivate func leave() {
        taken.subtract(1, ordering: .relaxed)
    }
}

/// One of these places, given back when it is let go.
final class TransferPlace: Sendable {
    private let places: TransferPlaces

    fileprivate init(_ places: TransferPlaces) {
        self.places = places
    }

    deinit { places.leave() }
}

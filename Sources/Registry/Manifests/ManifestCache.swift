import OCI
import Synchronization

/// Manifests that were pushed or read lately, up to a number of bytes. Addressed by content, so an entry is never wrong; whether
/// a repository may show it is the state's to say.
final class ManifestCache: Sendable {
    private let capacity: Int
    /// Reads of all connections meet here, for a look into a dictionary.
    private let entries: Mutex<Entries>

    init(capacity: Int) {
        self.capacity = capacity
        entries = Mutex(Entries())
    }

    func bytes(of digest: Digest) -> [UInt8]? {
        entries.withLock { entries in
            guard let index = entries.index[digest] else { return nil }
            entries.slots[index].wasUsed = true
            return entries.slots[index].bytes
        }
    }

    /// One large manifest must not push out all the small ones: what takes more than an eighth is not kept.
    func insert(_ digest: Digest, _ bytes: [UInt8]) {
        guard bytes.count <= capacity / 8 else { return }
        entries.withLock { entries in
            guard entries.index[digest] == nil else { return }
            entries.insert(digest, bytes)
            while entries.size > capacity { entries.evict() }
        }
    }

    /// Slots in a ring with a hand that passes over what was used since it last came by ("second chance").
    private struct Entries {
        struct Slot {
            let digest: Digest
            let bytes: [UInt8]
            var wasUsed = false
        }

        /// What an entry takes beside its bytes.
        static let overhead = 160

        var slots: [Slot] = []
        var index: [Digest: Int] = [:]
        var size = 0
        private var hand = 0

        mutating func insert(_ digest: Digest, _ bytes: [UInt8]) {
            index[digest] = slots.count
            slots.append(Slot(digest: digest, bytes: bytes))
            size += bytes.count + Self.overhead
        }

        mutating func evict() {
            guard !slots.isEmpty else { return size = 0 }
            if hand >= slots.count { hand = 0 }
            while slots[hand].wasUsed {
                slots[hand].wasUsed = false
                hand = hand + 1 < slots.count ? hand + 1 : 0
            }
            let last = slots.count - 1
            slots.swapAt(hand, last)
            let evicted = slots.removeLast()
            index[evicted.digest] = nil
            if hand < slots.count { index[slots[hand].digest] = hand }
            size -= evicted.bytes.count + Self.overhead
        }
    }
}

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

    /// What a push read the bytes as; nil where they are here without that, or not at all.
    func manifest(of digest: Digest) -> Manifest? {
        entries.withLock { entries in
            guard let index = entries.index[digest], let manifest = entries.slots[index].manifest else { return nil }
            entries.slots[index].wasUsed = true
            return manifest
        }
    }

    /// One large manifest must not push out all the small ones: what takes more than an eighth is not kept.
    /// - Parameter manifest: what the bytes were read as. Kept where they are few: large manifests seldom get many tags.
    func insert(_ digest: Digest, _ bytes: [UInt8], _ manifest: Manifest? = nil) {
        guard bytes.count <= capacity / 8 else { return }
        let manifest = bytes.count <= Entries.largestRead ? manifest : nil
        entries.withLock { entries in
            if let index = entries.index[digest] {
                // The media type alone can differ: where the text has none it is the header's.
                guard let manifest, entries.slots[index].manifest?.mediaType != manifest.mediaType else { return }
                entries.remove(at: index)
            }
            entries.insert(Entries.Slot(digest: digest, bytes: bytes, manifest: manifest))
            while entries.size > capacity { entries.evict() }
        }
    }

    /// Slots in a ring with a hand that passes over what was used since it last came by ("second chance").
    private struct Entries {
        struct Slot {
            let digest: Digest
            let bytes: [UInt8]
            let manifest: Manifest?
            var wasUsed = false

            /// About what it takes. A manifest that was read takes some three times its text.
            var size: Int { bytes.count * (manifest == nil ? 1 : 4) + 160 }
        }

        /// Bytes of a manifest that is kept as it was read.
        static let largestRead = 16 << 10

        var slots: [Slot] = []
        var index: [Digest: Int] = [:]
        var size = 0
        private var hand = 0

        mutating func insert(_ slot: Slot) {
            index[slot.digest] = slots.count
            slots.append(slot)
            size += slot.size
        }

        mutating func evict() {
            guard !slots.isEmpty else { return size = 0 }
            if hand >= slots.count { hand = 0 }
            while slots[hand].wasUsed {
                slots[hand].wasUsed = false
                hand = hand + 1 < slots.count ? hand + 1 : 0
            }
            remove(at: hand)
        }

        mutating func remove(at place: Int) {
            slots.swapAt(place, slots.count - 1)
            let removed = slots.removeLast()
            index[removed.digest] = nil
            if place < slots.count { index[slots[place].digest] = place }
            size -= removed.size
        }
    }
}

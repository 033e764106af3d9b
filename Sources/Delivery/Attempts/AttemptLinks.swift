import IO
import Synchronization

/// From each attempt to the next one at the same delivery. Records only know what came before them, so this is kept beside
/// the log: 8 bytes in a sparse file for each record that a retry followed, which are few. It is derived: what a crash takes
/// away is made again from the log's end at the start, and a link that leads elsewhere is found out by who follows it.
final class AttemptLinks: Sendable {
    private let directory: String
    // A Mutex: endpoints add on their loops; a blocking thread writes.
    private let pending = Mutex<[UInt64: UInt64]>([:])

    /// Records for each file.
    private static let span: UInt64 = 1 << 20
    /// More than this wait only when the disk does not take them.
    private static let limit = 200_000

    init(directory: String) { self.directory = directory }

    func add(from number: UInt64, to next: UInt64) {
        pending.withLock { if $0.count < Self.limit { $0[number] = next } }
    }

    /// Blocks.
    func flush() throws(IOError) {
        let links = pending.withLock { $0 }
        guard !links.isEmpty else { return }
        try Files.makeDirectories(directory)
        for (chunk, entries) in Dictionary(grouping: links, by: { $0.key / Self.span }) {
            let file = try File(path(chunk), [.read, .write, .create], mode: 0o600)
            for (number, next) in entries {
                let bytes = (0..<8).map { UInt8(truncatingIfNeeded: next >> (8 * UInt64($0))) }
                try file.write(bytes, at: Int(number % Self.span) * 8)
            }
        }
        pending.withLock { pending in
            for (number, next) in links where pending[number] == next { pending[number] = nil }
        }
    }

    /// The record that followed, if one did. Blocks.
    func next(after number: UInt64) throws(IOError) -> UInt64? {
        if let next = pending.withLock({ $0[number] }) { return next }
        let path = path(number / Self.span)
        guard try Files.exists(path) else { return nil }
        let bytes = try File(path, .read).read(count: 8, at: Int(number % Self.span) * 8)
        guard bytes.count == 8 else { return nil }
        let next = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return next > number ? next : nil
    }

    /// Records before `oldest` are gone. Blocks.
    func remove(before oldest: UInt64) throws(IOError) {
        guard try Files.exists(directory) else { return }
        for name in try Files.list(directory) {
            guard let chunk = UInt64(name), (chunk + 1) * Self.span <= oldest else { continue }
            try Files.unlinkIfPresent(directory + "/" + name)
        }
    }

    private func path(_ chunk: UInt64) -> String { "\(directory)/\(chunk)" }
}

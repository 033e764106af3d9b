package import IO
import Synchronization

extension Webhooks {
    /// The greatest record that a cursor in `directory` says was delivered: it was on disk. Blocks.
    package static func knownDurable(_ directory: String) throws(IOError) -> UInt64 {
        guard try Files.exists(directory) else { return 0 }
        var greatest: UInt64 = 0
        for name in try Files.list(directory) where name.hasSuffix(".cursor") {
            greatest = max(greatest, try CursorFile("\(directory)/\(name)").load() ?? 0)
        }
        return greatest
    }

    /// The record up to which every webhook has got, those that pause included: what comes after it is still needed. Blocks.
    package func oldestPosition() throws(IOError) -> UInt64 {
        var oldest = UInt64.max
        for webhook in state.withLock({ Array($0.fold.webhooks.values) }) {
            let path = "\(options.directory)/\(webhook.id).cursor"
            let position = try Files.exists(path) ? CursorFile(path).load() : nil
            oldest = min(oldest, position ?? webhook.created)
        }
        return oldest
    }

    /// Sets back every cursor that is beyond a record, in the folder of a hub that was restored to it. Blocks.
    package static func setBack(_ directory: String, to sequence: UInt64) throws(IOError) {
        guard try Files.exists(directory) else { return }
        for name in try Files.list(directory) where name.hasSuffix(".cursor") {
            let cursor = try CursorFile("\(directory)/\(name)")
            if let position = try cursor.load(), position > sequence { try cursor.save(sequence) }
        }
    }

    /// Whether secrets are there that only the key they were sealed with can open. Blocks.
    package static func hasSealedSecrets(_ directory: String) throws(IOError) -> Bool {
        guard try Files.exists(directory) else { return false }
        return try Files.list(directory).contains { $0.hasSuffix(".secret") }
    }
}

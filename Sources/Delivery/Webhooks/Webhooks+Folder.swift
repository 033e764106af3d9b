package import IO
import Synchronization

extension Webhooks {
    /// The greatest record that a cursor of an earlier version in `directory` says was delivered: it was on disk. Blocks.
    package static func knownDurable(_ directory: String) throws(IOError) -> UInt64 {
        guard try Files.exists(directory) else { return 0 }
        var greatest: UInt64 = 0
        for name in try Files.list(directory) where name.hasSuffix(".cursor") {
            greatest = max(greatest, try CursorFile.load("\(directory)/\(name)") ?? 0)
        }
        return greatest
    }

    /// Sets back every cursor of an earlier version that is beyond a record, in the folder of a hub that was restored to it. Blocks.
    package static func setBack(_ directory: String, to sequence: UInt64) throws(IOError) {
        guard try Files.exists(directory) else { return }
        for name in try Files.list(directory) where name.hasSuffix(".cursor") {
            let path = "\(directory)/\(name)"
            if let position = try CursorFile.load(path), position > sequence { try CursorFile.save(sequence, to: path) }
        }
    }

    /// Whether secrets are there that only the key they were sealed with can open. Blocks.
    package static func hasSealedSecrets(_ directory: String) throws(IOError) -> Bool {
        guard try Files.exists(directory) else { return false }
        return try Files.list(directory).contains { $0.hasSuffix(".secret") }
    }
}

package import IO

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

    /// Whether secrets are there that only the key they were sealed with can open. Blocks.
    package static func hasSealedSecrets(_ directory: String) throws(IOError) -> Bool {
        guard try Files.exists(directory) else { return false }
        return try Files.list(directory).contains { $0.hasSuffix(".secret") }
    }
}

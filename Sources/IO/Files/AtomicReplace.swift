extension Files {
    /// Replaces a file's content in one durable step: after a crash the path holds either the old bytes or the new ones, complete.
    ///
    /// The new content is written to `path.tmp`, which a later call overwrites when a crash left it behind; so writers of one path take turns.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o644) throws(IOError) {
        let temporary = path + ".tmp"
        do throws(IOError) {
            // An old leftover may have other permissions, and those of an existing file are kept by open.
            try unlinkIfPresent(temporary)
            let file = try File(temporary, [.write, .create, .exclusive], mode: mode)
            try file.write(bytes, at: 0)
            try file.sync()
            try rename(temporary, to: path)
        } catch {
            _ = try? unlinkIfPresent(temporary)
            throw error
        }
        try syncDirectory(parent(of: path))
    }
}

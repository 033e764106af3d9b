import Glibc

extension Files {
    /// Replaces a file's content in one durable step: after a crash the path holds either the old bytes or the new ones, complete.
    ///
    /// The new content is written to `path.tmp`, which a later call overwrites when a crash left it behind; so writers of one path take turns.
    /// - Parameter like: a file whose owner and group the new one is to have too, as far as this process may give it away.
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o644, like other: FileInfo? = nil
    ) throws(IOError) {
        let temporary = path + ".tmp"
        do throws(IOError) {
            // An old leftover may have other permissions, and those of an existing file are kept by open.
            try unlinkIfPresent(temporary)
            let file = try File(temporary, [.write, .create, .exclusive], mode: mode)
            if let other, fchown(file.descriptor, other.owner, other.group) != 0 { _ = fchown(file.descriptor, .max, other.group) }
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

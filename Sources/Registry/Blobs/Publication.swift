internal import IO
internal import OCI

/// What became of checked content. Blocking calls: for a pool thread, while the digest's gate is shared.
enum Publication: Sendable {
    case stored
    /// The blob was there already, byte for byte.
    case present
    /// A file with other bytes had the blob's name and was replaced.
    case healed
    /// The content is not what the digest names.
    case refused(Digest?)

    /// Moves a complete, synced file to its name, or drops it when the same content is there.
    static func publish(_ source: UploadedFile, at path: String) throws(IOError) -> Publication {
        let existing = Existing(path)
        var content: File?
        let isSame = try existing.matches(size: source.size) { offset, count throws(IOError) in
            if content == nil { content = try File(source.path, .read) }
            return try content?.read(count: count, at: offset)[...] ?? []
        }
        if isSame {
            try Files.unlinkIfPresent(source.path)
            return .present
        }
        try Files.rename(source.path, to: path)
        return existing.isPresent ? .healed : .stored
    }

    /// Writes checked bytes to `temporary`, syncs and renames, unless the same content is there.
    static func publish(_ bytes: [UInt8], through temporary: String, at path: String) throws(IOError) -> Publication {
        let existing = Existing(path)
        if try existing.matches(size: bytes.count, { offset, count throws(IOError) in bytes[offset..<(offset + count)] }) {
            return .present
        }
        do throws(IOError) {
            let file = try File(temporary, [.write, .create, .exclusive])
            try file.write(bytes, at: 0)
            try file.syncData()
            try Files.rename(temporary, to: path)
        } catch {
            _ = try? Files.unlinkIfPresent(temporary)
            throw error
        }
        return existing.isPresent ? .healed : .stored
    }
}

/// A complete upload: its file and how long it is.
struct UploadedFile: Sendable {
    let path: String
    let size: Int
}

package import IO

/// Snapshots of state that is folded from the log, so that a start replays only what came after.
///
/// A file `name-<sequence, 20 digits>.snapshot` holds one, with a checksum. The last two of each name are kept; of one that must not be
/// without a second, but has none because nothing happened since, there can be a copy `name-<sequence>.copy.snapshot`.
/// Snapshots are derived: one that is damaged is passed over with a warning, and the one before it, or the log alone, takes its place.
package struct SnapshotStore: Sendable {
    private static let magic: UInt64 = 0x0A0D_504E_5358_4253
    private static let version: UInt32 = 1
    private static let headerSize = 32
    private static let suffix = ".snapshot"
    private static let kept = 2
    private static let maxBytes = 4 << 30

    private let directory: String
    private let fileMode: UInt32

    /// - Parameters:
    ///   - directory: made with the first snapshot.
    ///   - fileMode: permissions of new files.
    package init(directory: String, fileMode: UInt32 = 0o644) {
        self.directory = directory
        self.fileMode = fileMode
    }

    /// Saves a snapshot durably and removes those of the same name that are too many. Until the new one is complete the old ones stay. Blocks on the disk.
    /// - Parameters:
    ///   - name: letters, digits and `_`.
    ///   - sequence: the last record that is in the state.
    package func save(name: String, sequence: UInt64, bytes: [UInt8]) throws(IOError) {
        try Files.makeDirectories(directory)
        var file: [UInt8] = []
        file.reserveCapacity(Self.headerSize + bytes.count)
        file.append(number: Self.magic)
        file.append(number: UInt32(0))
        file.append(number: Self.version)
        file.append(number: sequence)
        file.append(number: UInt64(bytes.count))
        file.append(contentsOf: bytes)
        unsafe file.set(number: CRC32C.checksum(file.span.bytes, 12..<file.count), at: 8)
        try Files.replace(path(name, sequence), with: file, mode: fileMode)
        try Files.unlinkIfPresent(copyPath(name, sequence))
        for old in try sequences(name).dropLast(Self.kept) {
            try Files.unlinkIfPresent(path(name, old))
            try Files.unlinkIfPresent(copyPath(name, old))
        }
    }

    /// Keeps the newest snapshot of a name twice, for a state that has not changed since. Blocks on the disk.
    package func copyNewest(name: String) throws(IOError) {
        guard let newest = newest(name: name), let file = try Files.read(path(name, newest.sequence), limit: Self.maxBytes),
            Self.decode(file, newest.sequence) != nil
        else { return }
        try Files.replace(copyPath(name, newest.sequence), with: file, mode: fileMode)
    }

    /// Takes one out, and its copy. Blocks on the disk.
    package func remove(name: String, sequence: UInt64) throws(IOError) {
        try Files.unlinkIfPresent(path(name, sequence))
        try Files.unlinkIfPresent(copyPath(name, sequence))
    }

    /// The newest intact snapshot, or nil when there is none. Blocks on the disk.
    /// - Parameter limit: with a sequence up to this one.
    package func newest(name: String, upTo limit: UInt64 = .max) -> (sequence: UInt64, bytes: [UInt8])? {
        for sequence in ((try? sequences(name)) ?? []).reversed() where sequence <= limit {
            if let content = load(path(name, sequence), sequence) ?? loadCopy(name, sequence) { return (sequence, content) }
        }
        return nil
    }

    /// What an intact file holds; of another one it is said that it is passed over.
    private func load(_ path: String, _ sequence: UInt64) -> [UInt8]? {
        do throws(IOError) {
            if let bytes = try Files.read(path, limit: Self.maxBytes), let content = Self.decode(bytes, sequence) { return content }
            Diagnostics.warning("snapshot \(path) is damaged and is passed over")
        } catch {
            Diagnostics.warning("a snapshot is passed over: \(error)")
        }
        return nil
    }

    private func loadCopy(_ name: String, _ sequence: UInt64) -> [UInt8]? {
        let path = copyPath(name, sequence)
        return (try? Files.exists(path)) == true ? load(path, sequence) : nil
    }

    /// The sequence of the older of the two newest snapshots of a name, both of which are intact; 0 where there are no two such. Blocks on the disk.
    package func oldestOfTwo(name: String) -> UInt64 {
        guard let newest = newest(name: name), newest.sequence > 0 else { return 0 }
        if loadCopy(name, newest.sequence) != nil { return newest.sequence }
        return self.newest(name: name, upTo: newest.sequence - 1)?.sequence ?? 0
    }

    private static func decode(_ file: [UInt8], _ sequence: UInt64) -> [UInt8]? {
        let bytes = unsafe file.span.bytes
        guard bytes.byteCount >= headerSize, bytes.number(at: 0) == magic,
            bytes.number(at: 8) == CRC32C.checksum(bytes, 12..<bytes.byteCount),
            bytes.number(at: 12) == version,
            bytes.number(at: 16) == sequence,
            bytes.number(at: 24) == UInt64(bytes.byteCount - headerSize)
        else { return nil }
        return Array(file[headerSize...])
    }

    private func path(_ name: String, _ sequence: UInt64) -> String {
        "\(directory)/\(name)-\(SegmentName.padded(sequence))\(Self.suffix)"
    }

    private func copyPath(_ name: String, _ sequence: UInt64) -> String {
        "\(directory)/\(name)-\(SegmentName.padded(sequence)).copy\(Self.suffix)"
    }

    /// The sequences of the snapshots of a name, ascending.
    private func sequences(_ name: String) throws(IOError) -> [UInt64] {
        guard try Files.exists(directory) else { return [] }
        return try Files.list(directory).compactMap { file in
            guard file.hasPrefix(name + "-"), file.hasSuffix(Self.suffix) else { return nil }
            let number = file.utf8.dropFirst(name.utf8.count + 1).dropLast(Self.suffix.utf8.count)
            return number.count == SegmentName.digits ? UInt64(String(decoding: number, as: UTF8.self)) : nil
        }
    }
}

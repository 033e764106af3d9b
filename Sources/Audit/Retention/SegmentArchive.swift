import Crypto
package import EventLog
package import Events
import IO
import JSON

/// Where segments go before they leave the log: each compressed, with a manifest that says what it is.
///
///     archive/
///     ├── 00000000000000000001-9f86d081884c7d65.log.gz    the segment, byte for byte
///     └── 00000000000000000001-9f86d081884c7d65.json      hashes, records and the place in the tree
///
/// The name has the beginning of the segment's SHA-256: after a restore the log can go on with other records under the same numbers, and
/// neither history's segments may replace the other's. A manifest is there only when the file beside it is complete, on disk, and was read back.
package struct SegmentArchive: Sendable {
    let directory: String

    package init(directory: String) {
        self.directory = directory
    }

    /// Archives a segment, unless it is archived already; what a record says of it. Blocks.
    /// - Parameter checkpoint: one that covers the segment: what proves the manifest's place in the tree.
    @discardableResult
    package func add(_ segment: EventLog.SealedSegment, checkpoint: SignedNote) throws -> ArchiveNotice {
        let covering = try Checkpoint(text: checkpoint.text)
        try Files.makeDirectories(directory)
        let source = try File(segment.path, .read)
        let hash = try sha256(of: source)
        let number = String(segment.path.split(separator: "/").last?.dropLast(4) ?? "")
        let name = number + "-" + Hex.encode(Array(hash.prefix(8)))
        let (packed, manifest) = ("\(directory)/\(name).log.gz", "\(directory)/\(name).json")
        func notice() throws -> ArchiveNotice {
            ArchiveNotice(
                from: segment.first, through: segment.last, file: name + ".log.gz", sha256: Hex.encode(hash), fileSHA256: Hex.encode(try sha256(of: File(packed, .read))),
                bytes: Int64(try source.size()), checkpointSize: covering.size, root: Base64.encode(covering.root.bytes))
        }
        if let known = try Files.read(manifest, limit: 1 << 20).flatMap({ try? JSONValue.parse($0) }), known["sha256"]?.string == Hex.encode(hash),
            try unpackedHash(packed) == hash
        {
            return try notice()
        }
        let temporary = packed + ".tmp"
        try Files.unlinkIfPresent(temporary)
        let output = try File(temporary, [.read, .write, .create, .exclusive], mode: 0o600)
        let gzip = try Filter.find("gzip")
        try Filter.run(gzip, ["-6", "-n", "-c"], from: try File(segment.path, .read), into: output)
        try output.sync()
        // What cannot be read back is no archive.
        guard try unpackedHash(temporary) == hash else {
            throw LogError(.damaged, "\(temporary) does not unpack to \(segment.path); the segment stays")
        }
        try Files.rename(temporary, to: packed)
        try Files.syncDirectory(directory)
        try Files.replace(manifest, with: describe(segment, name, hash, try source.size(), try output.size(), checkpoint), mode: 0o600)
        return try notice()
    }

    /// The SHA-256 of what an archived file unpacks to; nil where there is no such file or it is damaged.
    func unpackedHash(_ path: String) throws -> [UInt8]? {
        guard try Files.exists(path) else { return nil }
        let gzip = try Filter.find("gzip")
        return try? sha256 { feed in try Filter.run(gzip, ["-d", "-c"], from: File(path, .read), feed) }
    }

    private func sha256(of file: File) throws -> [UInt8] {
        try sha256 { feed in
            var offset = 0
            while case let bytes = try file.read(count: 1 << 20, at: offset), !bytes.isEmpty {
                feed(bytes)
                offset += bytes.count
            }
        }
    }

    private func sha256(_ source: (([UInt8]) -> Void) throws -> Void) throws -> [UInt8] {
        var state = StreamingHash(.sha256)
        try source { state.update($0) }
        return state.finalize()
    }

    private func describe(
        _ segment: EventLog.SealedSegment, _ name: String, _ hash: [UInt8], _ bytes: Int, _ packed: Int, _ checkpoint: SignedNote
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("format", 1)
        json.member("file", name + ".log.gz")
        json.member("sha256", Hex.encode(hash))
        json.member("bytes", bytes)
        json.member("compressedBytes", packed)
        json.member("firstSequence", segment.first)
        json.member("lastSequence", segment.last)
        json.member("latestTime", segment.latest)
        json.member("archivedTime", Wall.milliseconds)
        json.member("firstLeaf", segment.first - 1)
        json.member("endLeaf", segment.last)
        json.member("checkpoint", String(decoding: checkpoint.encoded, as: UTF8.self))
        json.endObject()
        return json.bytes + [0x0A]
    }
}

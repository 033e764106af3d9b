import Crypto
import EventLog
import IO
import JSON

extension SegmentArchive {
    /// An archived segment, as its manifest has it.
    package struct Entry: Sendable {
        package let first: UInt64
        package let last: UInt64
        let sha256: [UInt8]
        let path: String
    }

    /// All that have a manifest which can be read. Blocks.
    package func entries() throws -> [Entry] {
        try Files.list(directory).compactMap { name -> Entry? in
            guard name.hasSuffix(".json") else { return nil }
            guard let bytes = try Files.read("\(directory)/\(name)", limit: 1 << 20), let json = try? JSONValue.parse(bytes),
                json["format"]?.int == 1, let first = json["firstSequence"]?.int, let last = json["lastSequence"]?.int, first > 0, last >= first,
                let sha256 = json["sha256"]?.string.flatMap({ Hex.decode($0) }), sha256.count == 32
            else {
                Diagnostics.warning("\(directory)/\(name) does not describe an archived segment and is passed over")
                return nil
            }
            return Entry(
                first: UInt64(first), last: UInt64(last), sha256: sha256, path: "\(directory)/\(name.dropLast(5)).log.gz")
        }
    }

    /// Puts an archived segment into the log of a hub's folder, if it is what its manifest says and each of its records has the leaf that the
    /// folder's tree has for it. Blocks.
    /// - Returns: false where it is another history's. One that is damaged is an error.
    package func bringBack(_ entry: Entry, data: String) throws -> Bool {
        guard try unpackedHash(entry.path) == entry.sha256 else {
            throw LogError(.damaged, "\(entry.path) is missing, or does not unpack to what its manifest says: restore it from a copy")
        }
        let path = EventLog.segmentPath(data + "/log", first: entry.first)
        let file = try File(path, [.read, .write, .create, .truncate])
        try Filter.run(try Filter.find("gzip"), ["-d", "-c"], from: try File(entry.path, .read), into: file)
        try file.sync()
        let leaves = LeafFile(data + "/tree/0")
        guard try EventLog.segmentFits(data + "/log", first: entry.first, last: entry.last, leaf: { try leaves.leaf($0) }) else {
            try Files.unlink(path)
            return false
        }
        return true
    }
}

import IO

/// Which records of a sealed segment have which terms: a file beside the segment. It is derived; when it is missing, damaged, or of another
/// state of the segment, it is made again.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | "SBXTRM\r\n" |
/// | 8 | 4 | CRC-32C from byte 12 to the start of the first bucket |
/// | 12 | 4 | format version, 1 |
/// | 16 | 8 | first sequence |
/// | 24 | 4 | how many records are in it |
/// | 28 | 4 | schema: what the terms stand for |
/// | 32 | 8 | where the segment's last record ends |
/// | 40 | 4 | number of buckets, B |
/// | 44 | 4 | number of stretches of 512 records, T |
/// | 48 | 8 | length of all buckets |
/// | 56 | 8 | 0 |
/// | 64 | 4 (B + 1) | where each bucket starts, from the first one's start; then where the last one ends |
/// | | 16 T | the earliest and the latest time of each stretch |
/// | | | buckets |
/// | | | lists |
///
/// A term is in bucket `hash * B / 2^32`. A bucket is a CRC-32C of what follows in it, then for each term, ascending: the hash (4), how many
/// records have it (varint), the length of their list (varint), and the list (places as differences in varints), or for one of more than 48
/// bytes its offset in `lists` (4) and its CRC-32C (4). So a term that no record has costs one small read.
final class TermFile: Sendable {
    static let magic: UInt64 = 0x0A0D_4D52_5458_4253
    static let version: UInt32 = 1
    static let headerSize = 64
    static let termsPerBucket = 32
    static let inlineBytes = 48
    private static let maxHead = 64 << 20

    /// The file is not what was written.
    struct Damage: Error {}

    let first: UInt64
    let count: UInt32
    let times: TimeBlocks
    private let file: File
    private let starts: [UInt32]
    private let bucketsStart: Int
    private let listsStart: Int

    static func bucket(of hash: UInt32, of buckets: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: (UInt64(hash) * UInt64(buckets)) >> 32)
    }

    /// Opens the file of a segment; nil when there is none that can be used.
    static func open(_ path: String, schema: UInt32, for index: SparseIndex) -> TermFile? {
        guard let file = try? File(path, .read) else { return nil }
        return try? TermFile(file, schema: schema, for: index)
    }

    private init(_ file: File, schema: UInt32, for index: SparseIndex) throws {
        let fixed = try file.read(count: Self.headerSize, at: 0)
        let size = try file.size()
        let head = unsafe fixed.span.bytes
        let buckets: UInt32 = head.number(at: 40)
        let blocks: UInt32 = head.number(at: 44)
        let length = Self.headerSize + (Int(buckets) + 1) * 4 + Int(blocks) * 16
        let lists = Int(clamping: head.number(at: 48, as: UInt64.self))
        guard head.byteCount == Self.headerSize, head.number(at: 0) == Self.magic, head.number(at: 12) == Self.version,
            head.number(at: 16) == index.first, head.number(at: 28) == schema, head.number(at: 32) == UInt64(index.end),
            buckets > 0, length <= min(size, Self.maxHead), lists <= size - length
        else { throw Damage() }
        first = index.first
        count = head.number(at: 24)
        let all = try file.read(count: length, at: 0)
        let bytes = unsafe all.span.bytes
        guard bytes.byteCount == length, bytes.number(at: 8) == CRC32C.checksum(bytes, 12..<length), UInt64(count) <= index.count else {
            throw Damage()
        }
        starts = (0...Int(buckets)).map { bytes.number(at: Self.headerSize + $0 * 4) }
        let timesStart = Self.headerSize + starts.count * 4
        times = TimeBlocks(
            blocks: (0..<Int(blocks)).map {
                TimeBlocks.Block(earliest: bytes.number(at: timesStart + $0 * 16), latest: bytes.number(at: timesStart + $0 * 16 + 8))
            }, count: count)
        guard starts.first == 0, starts.last == UInt32(exactly: lists), zip(starts, starts.dropFirst()).allSatisfy({ $0 + 4 <= $1 }) else {
            throw Damage()
        }
        self.file = file
        bucketsStart = length
        listsStart = length + lists
    }

    /// What the file says of a term: how many records have it, and where their list is.
    struct Entry {
        let count: UInt32
        fileprivate let list: List

        fileprivate enum List {
            case bytes([UInt8])
            case place(offset: UInt32, length: UInt32, checksum: UInt32)
        }
    }

    /// Nil when no record has the term.
    func find(_ term: UInt64) throws -> Entry? {
        let hash = UInt32(truncatingIfNeeded: term >> 32)
        let bucket = Int(Self.bucket(of: hash, of: UInt32(starts.count - 1)))
        let length = Int(starts[bucket + 1] - starts[bucket])
        let content = try file.read(count: length, at: bucketsStart + Int(starts[bucket]))
        let bytes = unsafe content.span.bytes
        guard bytes.byteCount == length, bytes.number(at: 0) == CRC32C.checksum(bytes, 4..<length) else { throw Damage() }
        var offset = 4
        while offset < length {
            let found: UInt32 = bytes.number(at: offset)
            offset += 4
            guard let count = TermPostings.varint(bytes, &offset), let size = TermPostings.varint(bytes, &offset) else { throw Damage() }
            let isInline = size <= UInt32(Self.inlineBytes)
            let end = offset + (isInline ? Int(size) : 8)
            guard end <= length else { throw Damage() }
            if found == hash {
                if isInline { return Entry(count: count, list: .bytes(Array(content[offset..<end]))) }
                return Entry(
                    count: count,
                    list: .place(offset: bytes.number(at: offset), length: size, checksum: bytes.number(at: offset + 4)))
            }
            if found > hash { return nil }
            offset = end
        }
        return nil
    }

    /// The places of the records, ascending.
    func places(_ entry: Entry) throws -> [UInt32] {
        var list: [UInt8]
        switch entry.list {
        case .bytes(let bytes): list = bytes
        case .place(let offset, let length, let checksum):
            // The lists end with the file, so a length that lies does not make this read much.
            list = try file.read(count: min(Int(length), Int(count) * 5), at: listsStart + Int(offset))
            guard list.count == Int(length), unsafe CRC32C.checksum(list.span.bytes, 0..<list.count) == checksum else { throw Damage() }
        }
        guard let places = unsafe TermPostings.decode(list.span.bytes, count: entry.count, limit: count) else { throw Damage() }
        return places
    }
}

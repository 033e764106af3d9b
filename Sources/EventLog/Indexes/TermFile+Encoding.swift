import IO

extension TermFile {
    /// The file's bytes.
    /// - Parameter end: where the segment's last record ends: a file for another state of the segment does not fit.
    static func encode(_ table: TermTable, schema: UInt32, end: Int) -> [UInt8] {
        let entries = table.sorted()
        var terms = 0
        for slot in entries.indices where slot == 0 || entries[slot] >> 32 != entries[slot - 1] >> 32 { terms += 1 }
        let buckets = UInt32(clamping: max(1, terms / termsPerBucket))
        var starts: [UInt32] = [0]
        starts.reserveCapacity(Int(buckets) + 1)
        var content: [UInt8] = []
        var lists: [UInt8] = []
        var slot = 0
        for bucket in 0..<buckets {
            let start = content.count
            content.append(number: UInt32(0))
            while slot < entries.count, self.bucket(of: UInt32(truncatingIfNeeded: entries[slot] >> 32), of: buckets) == bucket {
                let hash = UInt32(truncatingIfNeeded: entries[slot] >> 32)
                var next = slot
                while next < entries.count, entries[next] >> 32 == UInt64(hash) { next += 1 }
                append(hash, entries[slot..<next], to: &content, lists: &lists)
                slot = next
            }
            content.set(number: unsafe CRC32C.checksum(content.span.bytes, start + 4..<content.count), at: start)
            starts.append(UInt32(clamping: content.count))
        }
        return header(table, schema: schema, end: end, starts: starts, lists: content.count) + content + lists
    }

    /// Hash, number of records, length of the list, and the list, or for a long one its place and checksum.
    private static func append(_ hash: UInt32, _ entries: ArraySlice<UInt64>, to content: inout [UInt8], lists: inout [UInt8]) {
        var list: [UInt8] = []
        let count = TermPostings.encode(entries.lazy.map { UInt32(truncatingIfNeeded: $0) }, into: &list)
        content.append(number: hash)
        TermPostings.append(varint: count, to: &content)
        TermPostings.append(varint: UInt32(clamping: list.count), to: &content)
        if list.count <= inlineBytes {
            content.append(contentsOf: list)
        } else {
            content.append(number: UInt32(clamping: lists.count))
            content.append(number: unsafe CRC32C.checksum(list.span.bytes, 0..<list.count))
            lists.append(contentsOf: list)
        }
    }

    private static func header(_ table: TermTable, schema: UInt32, end: Int, starts: [UInt32], lists: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + starts.count * 4 + table.times.blocks.count * 16)
        bytes.append(number: magic)
        bytes.append(number: UInt32(0))
        bytes.append(number: version)
        bytes.append(number: table.first)
        bytes.append(number: table.count)
        bytes.append(number: schema)
        bytes.append(number: UInt64(end))
        bytes.append(number: UInt32(starts.count - 1))
        bytes.append(number: UInt32(table.times.blocks.count))
        bytes.append(number: UInt64(lists))
        bytes.append(number: UInt64(0))
        for start in starts { bytes.append(number: start) }
        for block in table.times.blocks {
            bytes.append(number: block.earliest)
            bytes.append(number: block.latest)
        }
        unsafe bytes.set(number: CRC32C.checksum(bytes.span.bytes, 12..<bytes.count), at: 8)
        return bytes
    }
}

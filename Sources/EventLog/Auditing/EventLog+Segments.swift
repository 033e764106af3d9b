import IO

extension EventLog {
    /// Where the segment is that begins with a record.
    package static func segmentPath(_ directory: String, first: UInt64) -> String { SegmentName.path(directory, first) }

    /// Whether a sealed segment has exactly these records, each with the leaf that it must have. Blocks.
    /// - Parameter leaf: of a record, from the log's tree.
    package static func segmentFits(
        _ directory: String, first: UInt64, last: UInt64, leaf: (UInt64) throws -> TreeHash?
    ) throws -> Bool {
        let (file, header) = try Segment.openFile(directory, first: first)
        var scanner = FrameScanner(file, from: SegmentHeader.size, sequence: first, end: try file.size(), salt: header.salt)
        var hasher = TreeHasher()
        while case .frame(let frame) = try scanner.peek() {
            let record = scanner.record(frame)
            // Of a record that was lost, the tree may have the leaf that it once had.
            if record.kind != .lost, try leaf(record.sequence) != hasher.leaf(LogEntry(record, &hasher).bytes) { return false }
            scanner.advance(past: frame)
        }
        return scanner.sequence == last &+ 1
    }
}

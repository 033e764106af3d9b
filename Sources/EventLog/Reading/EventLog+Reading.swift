import IO

extension EventLog {
    /// Where a reader is in the log. Reading on from a cursor continues in the file where the last read ended.
    package struct Cursor: Sendable {
        /// The last record that was read; the next one read is the first with a greater sequence.
        package fileprivate(set) var sequence: UInt64
        /// Where the record after it starts: the segment's first sequence and the offset in its file.
        fileprivate var next: (segment: UInt64, offset: Int)?

        package init(after sequence: UInt64) { self.sequence = sequence }
    }

    /// Durable records after a sequence, ascending: at most `limit`, and no more than `maxBytes` of body and attachment unless one record alone is larger.
    /// Starts with the oldest record that is kept when those before it were removed. Blocks on the disk.
    package func read(after sequence: UInt64, limit: Int, maxBytes: Int) throws(LogError) -> [Record] {
        var cursor = Cursor(after: sequence)
        return try read(&cursor, limit: limit, maxBytes: maxBytes)
    }

    /// Like `read(after:)`, and moves the cursor past what it answers.
    package func read(_ cursor: inout Cursor, limit: Int, maxBytes: Int) throws(LogError) -> [Record] {
        var records: [Record] = []
        var bytes = 0
        if cursor.sequence &+ 1 < oldestSequence { cursor = Cursor(after: oldestSequence - 1) }
        while records.count < limit, let extent = try catalogue.locate(cursor.sequence &+ 1) {
            var scanner = extent.scanner(continuing: cursor)
            let before = cursor.sequence
            while records.count < limit, let frame = try scanner.frame() {
                if frame.sequence > cursor.sequence {
                    bytes += Int(frame.bodyLength) + Int(frame.attachmentLength)
                    if bytes > maxBytes, !records.isEmpty { return records }
                    records.append(scanner.record(frame))
                    cursor.sequence = frame.sequence
                }
                scanner.advance(past: frame)
                cursor.next = (extent.first, scanner.offset)
            }
            if cursor.sequence == before, records.count < limit { throw scanner.damage("the segment ends before this record") }
        }
        return records
    }

    /// Durable records before a sequence, descending, within the same limits. Blocks on the disk.
    package func readBackward(before sequence: UInt64, limit: Int, maxBytes: Int) throws(LogError) -> [Record] {
        var records: [Record] = []
        var bytes = 0
        var last = min(sequence, durableSequence &+ 1)
        while last > 1, records.count < limit, let extent = try catalogue.locate(last - 1) {
            // Frames can only be read forward: a stretch of the index at a time, turned round.
            var stretch: [Record] = []
            var scanner = extent.scanner()
            while scanner.sequence < last, let frame = try scanner.frame() {
                stretch.append(scanner.record(frame))
                scanner.advance(past: frame)
            }
            if scanner.sequence < last { throw scanner.damage("the segment ends before this record") }
            for record in stretch.reversed() where records.count < limit {
                bytes += record.body.count + record.attachment.count
                if bytes > maxBytes, !records.isEmpty { return records }
                records.append(record)
            }
            last = extent.start.sequence
        }
        return records
    }

    /// The record with this sequence, or nil when it is not durable or no longer kept. Blocks on the disk.
    package func record(at sequence: UInt64) throws(LogError) -> Record? {
        guard let extent = try catalogue.locate(sequence) else { return nil }
        var scanner = extent.scanner(chunk: 32 << 10)
        while scanner.sequence < sequence, let frame = try scanner.frame() { scanner.advance(past: frame) }
        guard let frame = try scanner.frame() else { throw scanner.damage("the segment ends before this record") }
        return scanner.record(frame)
    }
}

extension Catalogue.Extent {
    /// Reads this extent from its start.
    func scanner(chunk: Int = 256 << 10) -> FrameScanner {
        FrameScanner(file, from: start.offset, sequence: start.sequence, end: end, salt: salt, chunk: chunk)
    }

    /// Reads on where a cursor is, if that is in this segment.
    func scanner(continuing cursor: EventLog.Cursor) -> FrameScanner {
        guard let next = cursor.next, next.segment == first else { return scanner() }
        return FrameScanner(file, from: next.offset, sequence: cursor.sequence &+ 1, end: end, salt: salt)
    }
}

extension FrameScanner {
    /// The frame that stands here, or nil at the end. In the durable part of a log anything else is damage.
    mutating func frame() throws(LogError) -> FrameHeader? {
        switch try files({ () throws(IOError) in try peek() }) {
        case .frame(let header): return header
        case .end: return nil
        case .invalid(let what): throw damage(what)
        }
    }
}

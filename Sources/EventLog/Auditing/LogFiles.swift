package import IO

/// The files of a log as a backup takes them, while the log may be appended to.
package struct LogFiles: Sendable {
    package struct Segment: Sendable {
        package let file: File
        package let first: UInt64
        /// Its last record; nil in a sealed segment.
        package let last: UInt64?
        /// How many bytes of the file count.
        package let bytes: Int
        let salt: UInt32
    }

    /// Oldest first; the last one is the one that is appended to.
    package let segments: [Segment]
    /// The last record; all of them up to it are on disk.
    package let last: UInt64

    /// Opens every segment. Whole transactions only, and synced: a record that is in it survives a crash of the log's owner, too.
    package init(_ directory: String) throws(LogError) {
        // Between two looks at a batch that is being written, its half can seem like damage; a moment later it is whole.
        for attempt in 1... {
            do throws(LogError) {
                self = try LogFiles(reading: directory)
                return
            } catch {
                guard error.code == .damaged || error.cause?.isNotFound == true, attempt < 5 else { throw error }
            }
        }
        throw LogError(.io, "the log in \(directory) cannot be read")
    }

    private init(reading directory: String) throws(LogError) {
        let firsts = try files { () throws(IOError) in try SegmentName.list(directory) }
        guard let active = firsts.last else { throw LogError(.missing, "there is no log in \(directory)") }
        var segments: [Segment] = []
        for first in firsts.dropLast() {
            let (file, header) = try EventLog.openSegment(directory, first)
            let bytes = try files { () throws(IOError) in try file.size() }
            segments.append(Segment(file: file, first: first, last: nil, bytes: bytes, salt: header.salt))
        }
        let (file, header) = try EventLog.openSegment(directory, active)
        let tail = try Tail(file, header, floor: active - 1)
        try files { () throws(IOError) in try file.syncData() }
        segments.append(Segment(file: file, first: active, last: tail.index.last, bytes: tail.index.end, salt: header.salt))
        self.segments = segments
        last = tail.index.last
    }

    /// The leaf of a record in the log's tree, by which two histories are told apart; nil where the record is not in these files.
    package func leaf(_ sequence: UInt64) throws(LogError) -> TreeHash? {
        guard sequence <= last, let segment = segments.last(where: { $0.first <= sequence }) else { return nil }
        var scanner = FrameScanner(
            segment.file, from: SegmentHeader.size, sequence: segment.first, end: segment.bytes, salt: segment.salt)
        while true {
            switch try files({ () throws(IOError) in try scanner.peek() }) {
            case .frame(let frame):
                if frame.sequence == sequence {
                    var hasher = TreeHasher()
                    return hasher.leaf(LogEntry(scanner.record(frame), &hasher).bytes)
                }
                scanner.advance(past: frame)
            case .end: return nil
            case .invalid(let what): throw scanner.damage(what)
            }
        }
    }
}

extension EventLog {
    fileprivate static func openSegment(_ directory: String, _ first: UInt64) throws(LogError) -> (File, SegmentHeader) {
        try Segment.openFile(directory, first: first)
    }
}

/// Puts the log of a restored folder to an earlier end.
package enum LogCut {
    /// Takes out what comes after `sequence`, and all of a transaction that does not end by then.
    /// - Returns: the last record that stays.
    package static func run(directory: String, after sequence: UInt64) throws -> UInt64 {
        var firsts = try SegmentName.list(directory)
        while let first = firsts.last, first > sequence, firsts.count > 1 {
            try LogRedaction.removeDerived(directory, first)
            try Files.unlink(SegmentName.path(directory, first))
            firsts.removeLast()
        }
        guard let first = firsts.last, first <= sequence else {
            throw LogError(.missing, "record \(sequence) is not in the log: it begins with record \(firsts.first ?? 1)")
        }
        let (file, header) = try Segment.openFile(directory, first: first, [.read, .write])
        var scanner = FrameScanner(file, from: SegmentHeader.size, sequence: first, end: try file.size(), salt: header.salt)
        var end = SegmentHeader.size
        var last = first - 1
        while scanner.sequence <= sequence, case .frame(let frame) = try scanner.peek() {
            scanner.advance(past: frame)
            if frame.remaining == 0 { (end, last) = (scanner.offset, frame.sequence) }
        }
        try file.truncate(to: end)
        try file.sync()
        try LogRedaction.removeDerived(directory, first)
        try ClosedMark.write(directory, last: last)
        return last
    }

    /// Says in a folder that was put together where its log begins, and where it ends, so that a lost end is not taken for a torn one.
    package static func mark(directory: String, first: UInt64, last: UInt64) throws(IOError) {
        try ClosedMark.write(directory, last: last)
        if first > 1 { try ForgottenMark.write(directory, first: first) }
    }
}

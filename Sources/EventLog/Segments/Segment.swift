import IO

/// A sealed segment: its file, open for reading, and where its records are. Nothing in it changes any more.
final class Segment: Sendable {
    let file: File
    let salt: UInt32
    let index: SparseIndex

    init(file: File, salt: UInt32, index: SparseIndex) {
        self.file = file
        self.salt = salt
        self.index = index
    }

    /// Opens a sealed segment with the index beside it, or reads all of it and writes the index again.
    static func open(_ directory: String, first: UInt64) throws(LogError) -> Segment {
        let (file, header) = try openFile(directory, first: first)
        let size = try files { () throws(IOError) in try file.size() }
        if let index = SparseIndex.load(directory, first: first), try files({ () throws(IOError) in try index.leads(in: file, header.salt, to: size) }) {
            return Segment(file: file, salt: header.salt, index: index)
        }
        let index = try scan(file, header, end: size)
        index.save(directory)
        return Segment(file: file, salt: header.salt, index: index)
    }

    /// Opens a segment's file and checks its header.
    static func openFile(
        _ directory: String, first: UInt64, _ flags: File.Flags = .read
    ) throws(LogError) -> (File, SegmentHeader) {
        let path = SegmentName.path(directory, first)
        let (file, bytes) = try files { () throws(IOError) in
            let file = try File(path, flags)
            return (file, try file.read(count: SegmentHeader.size, at: 0))
        }
        let header: SegmentHeader
        do throws(SegmentHeader.Fault) {
            header = unsafe try SegmentHeader(bytes.span.bytes)
        } catch {
            switch error {
            case .damaged: throw .damaged(path, offset: 0, sequence: first, "the segment's header is not intact")
            case .version(let version):
                throw LogError(
                    .damaged, "\(path) has format version \(version), and this program reads version \(SegmentHeader.version): use a newer one")
            }
        }
        guard header.first == first else {
            throw .damaged(
                path, offset: 0, sequence: first, "by its header it starts with record \(header.first), not with the one it is named after")
        }
        return (file, header)
    }

    /// Reads a sealed segment from its first record to its end, checking everything.
    /// - Parameter each: called with every frame's header and the scanner, which gives the record to those who want it.
    static func scan(
        _ file: File, _ header: SegmentHeader, end: Int,
        _ each: (FrameHeader, borrowing FrameScanner) throws(LogError) -> Void = { _, _ in }
    ) throws(LogError) -> SparseIndex {
        var index = SparseIndex(first: header.first)
        var scanner = FrameScanner(file, from: SegmentHeader.size, sequence: header.first, end: end, salt: header.salt)
        while true {
            switch try files({ () throws(IOError) in try scanner.peek() }) {
            case .frame(let frame):
                try each(frame, scanner)
                index.append(frame)
                scanner.advance(past: frame)
            case .end:
                return index
            case .invalid(let what):
                // Trimming is not synced, so zeros written ahead may still follow the last record.
                if try files({ () throws(IOError) in try file.isZero(from: scanner.offset, to: end) }) { return index }
                throw scanner.damage(what)
            }
        }
    }
}

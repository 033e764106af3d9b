import IO

/// The surveys of all segments of a log, read without changing anything.
struct LogSurvey {
    private(set) var segments: [SegmentSurvey] = []
    /// The greatest sequence that is known to have been on disk.
    let floor: UInt64

    /// - Parameter floor: a sequence that is known to have been on disk, such as a snapshot's.
    init(_ directory: String, floor: UInt64) throws(LogError) {
        let firsts = try files { () throws(IOError) in try SegmentName.list(directory) }
        let mark = try files { () throws(IOError) in try ClosedMark.read(directory) }
        self.floor = max(floor, mark)
        var salt = try Self.salt(directory, firsts)
        for (slot, first) in firsts.enumerated() {
            let isLast = slot + 1 == firsts.count
            let file = try files { () throws(IOError) in try File(SegmentName.path(directory, first), .read) }
            let header = try Self.header(file, first)
            if header == nil, salt == nil { salt = try files { () throws(IOError) in try Self.salt(byFramesOf: file) } }
            guard let usable = header ?? salt.map({ SegmentHeader(salt: $0, first: first) }) else {
                throw .damaged(file.path, offset: 0, sequence: first, "the segment's header is not intact, nor any record in it")
            }
            let known = isLast ? max(first - 1, self.floor) : firsts[slot + 1] - 1
            let survey = try files { () throws(IOError) in
                try SegmentSurvey(file, usable, headerIsDamaged: header == nil, isLast: isLast, floor: known)
            }
            segments.append(survey)
        }
    }

    /// The header of a segment, or nil when it is not intact. A version this program does not know is an error: nothing can be said about it.
    private static func header(_ file: File, _ first: UInt64) throws(LogError) -> SegmentHeader? {
        let bytes = try files { () throws(IOError) in try file.read(count: SegmentHeader.size, at: 0) }
        do throws(SegmentHeader.Fault) {
            let header = unsafe try SegmentHeader(bytes.span.bytes)
            return header.first == first ? header : nil
        } catch {
            guard case .version(let version) = error else { return nil }
            throw LogError(
                .damaged, "\(file.path) has format version \(version), and this program reads version \(SegmentHeader.version): use a newer one")
        }
    }

    /// The log's salt from any segment whose header is intact.
    private static func salt(_ directory: String, _ firsts: [UInt64]) throws(LogError) -> UInt32? {
        for first in firsts {
            let file = try files { () throws(IOError) in try File(SegmentName.path(directory, first), .read) }
            if let header = try header(file, first) { return header.salt }
        }
        return nil
    }

    /// The salt by which two frames in a row have a fitting checksum.
    private static func salt(byFramesOf file: File) throws(IOError) -> UInt32? {
        let array = try file.read(count: 64 << 20, at: 0)
        let bytes = unsafe array.span.bytes
        var offset = SegmentHeader.size
        while offset + FrameHeader.size <= bytes.byteCount {
            if bytes.number(at: offset) == FrameHeader.magic {
                let salt = bytes.number(at: offset + 4, as: UInt32.self) ^ FrameHeader.checksum(bytes, at: offset)
                if let frame = FrameHeader(bytes, at: offset, salt: salt),
                    let next = FrameHeader(bytes, at: offset + frame.frameLength, salt: salt),
                    next.sequence == frame.sequence &+ 1 {
                    return salt
                }
            }
            offset += FrameHeader.alignment
        }
        return nil
    }
}

import IO

@testable import EventLog

/// The files of a log as a crash left them: copied while it was open, so without trimming and without the mark of an orderly end.
struct CrashedLog {
    /// The last segment's name and bytes, and those of all other files.
    let name: String
    let bytes: [UInt8]
    private let others: [(name: String, bytes: [UInt8])]

    init(_ directory: String) throws {
        var others: [(name: String, bytes: [UInt8])] = []
        for name in try Files.list(directory) where try Files.info(directory + "/" + name)?.kind == .file {
            others.append((name, try Files.read(directory + "/" + name, limit: 1 << 30) ?? []))
        }
        let last = others.lastIndex { SegmentName.first(of: $0.name) != nil } ?? 0
        (name, bytes) = others.remove(at: last)
        self.others = others
    }

    /// Writes the files into a folder, with other bytes for the last segment.
    func restore(to directory: String, last: [UInt8]) throws {
        try Files.makeDirectories(directory)
        for name in try Files.list(directory) where try Files.info(directory + "/" + name)?.kind == .file {
            try Files.unlink(directory + "/" + name)
        }
        for other in others { try File(directory + "/" + other.name, [.write, .create]).write(other.bytes, at: 0) }
        try File(directory + "/" + name, [.write, .create]).write(last, at: 0)
    }

    /// Where each frame of the last segment starts, and where the last one ends.
    var frames: [Int] {
        let span = bytes.span.bytes
        guard let header = try? SegmentHeader(span) else { return [] }
        var offsets = [SegmentHeader.size]
        while let last = offsets.last, let frame = FrameHeader(span, at: last, salt: header.salt) {
            offsets.append(last + frame.frameLength)
        }
        return offsets
    }
}

/// Opens, reads everything and closes; what was said about it comes along.
func reopen(_ options: EventLog.Options, after: UInt64 = 0) -> Result<[Record], LogError> {
    Result { () throws(LogError) -> [Record] in
        let (log, replayed) = try open(options, after: after)
        defer { log.close() }
        let all = try log.all()
        if after == 0, all != replayed { throw LogError(.damaged, "what is read is not what was replayed") }
        return replayed
    }
}

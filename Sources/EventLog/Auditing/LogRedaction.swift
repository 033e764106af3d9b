import Crypto
import IO

/// Puts another body in the place of a record's, in the log of a stopped hub. The hash of the body that was committed stays with it,
/// and with that its leaf in the tree.
///
/// The whole segment is written again beside the old one and renamed over it: after a crash it is the one or the other, and what was
/// derived from the old one is gone in either case.
package enum LogRedaction {
    /// - Parameter redact: the new body.
    /// - Returns: false where the record is redacted already.
    package static func run(
        directory: String, sequence: UInt64, _ redact: (Record) throws -> [UInt8]
    ) throws -> Bool {
        guard let first = try SegmentName.list(directory).last(where: { $0 <= sequence }) else {
            throw LogError(.missing, "record \(sequence) is not in the log: it was archived, or never was")
        }
        let (file, header) = try Segment.openFile(directory, first: first)
        let size = try file.size()
        var scanner = FrameScanner(file, from: SegmentHeader.size, sequence: first, end: size, salt: header.salt)
        while scanner.sequence < sequence, let frame = try scanner.frame() { scanner.advance(past: frame) }
        guard let frame = try scanner.frame() else { throw LogError(.missing, "the log has no record \(sequence)") }
        let record = scanner.record(frame)
        switch record.kind {
        case .redacted: return false
        case .lost: throw LogError(.missing, "record \(sequence) is lost: there is nothing to take out of it")
        case .event: break
        }
        let body = hash(.sha256, record.body) + (try redact(record))
        let bytes = try Self.frame(frame, body, record.attachment, salt: header.salt)
        // First: an index that outlives the old segment would say where records of the new one are not, and answer for a name that is gone.
        try removeDerived(directory, first)
        try replace(file, from: scanner.offset, to: scanner.offset + frame.frameLength, with: bytes)
        return true
    }

    private static func frame(
        _ old: FrameHeader, _ body: [UInt8], _ attachment: [UInt8], salt: UInt32
    ) throws(LogError) -> [UInt8] {
        guard let bodyLength = UInt32(exactly: body.count) else { throw LogError(.tooLarge, "the new body is too long") }
        var header = FrameHeader(
            bodyLength: bodyLength, attachmentLength: old.attachmentLength, sequence: old.sequence, time: old.time, kind: .redacted)
        header.durable = old.durable
        header.remaining = old.remaining
        var bytes = [UInt8](repeating: 0, count: FrameHeader.size) + body + attachment
        bytes += [UInt8](repeating: 0, count: header.frameLength - bytes.count)
        header.payloadChecksum = unsafe header.checksumOfPayload(bytes.span.bytes, at: 0)
        header.write(over: &bytes, at: 0, salt: salt)
        return bytes
    }

    /// A copy of the file with other bytes in one place, under its name.
    private static func replace(_ file: File, from start: Int, to end: Int, with bytes: [UInt8]) throws(IOError) {
        let temporary = file.path + ".tmp"
        let copy = try File(temporary, [.write, .create, .truncate])
        var (from, to) = (0, 0)
        let size = try file.size()
        while from < size {
            if from == start {
                try copy.write(bytes, at: to)
                (from, to) = (end, to + bytes.count)
                continue
            }
            let part = try file.read(count: min(1 << 20, (from < start ? start : size) - from), at: from)
            if part.isEmpty { break }
            try copy.write(part, at: to)
            from += part.count
            to += part.count
        }
        try copy.sync()
        try Files.rename(temporary, to: file.path)
        try Files.syncDirectory(Files.parent(of: file.path))
    }

    /// Indexes of the segment say where its records were and what was in them.
    static func removeDerived(_ directory: String, _ first: UInt64) throws(IOError) {
        let prefix = SegmentName.padded(first) + "."
        for name in try Files.list(directory) where name.hasPrefix(prefix) && !name.hasSuffix(".log") {
            try Files.unlinkIfPresent(directory + "/" + name)
        }
        try Files.syncDirectory(directory)
    }
}

import Crypto
import IO
import Testing
import TestSupport

@testable import Audit
@testable import EventLog

/// A folder with a log, its tree and a checkpoint for each batch of records, closed in order.
struct ProvenLog {
    let folder: TemporaryFolder
    let records: [Record]
    let keys: [NoteKey]

    var data: String { folder.path }

    /// - Parameter batches: how many records come before each checkpoint.
    init(batches: [Int] = [5, 1, 20, 14], segmentBytes: Int = 1500) async throws {
        folder = try TemporaryFolder()
        let log = try Self.openLog(folder.path, segmentBytes: segmentBytes)
        let notary = try Self.notary(folder.path, log)
        var number = 0
        for count in batches {
            let bodies = (number..<number + count).map { Array("{\"sequence\":\"\($0 + 1)\",\"text\":\"\(String(repeating: "x", count: $0 % 37))\"}".utf8) }
            number += count
            try await Self.write(bodies, to: log)
            await notary.turn { published, _ in published.note }
            #expect(notary.failure == nil)
            #expect(notary.published?.checkpoint.size == UInt64(number))
        }
        records = try log.read(after: 0, limit: .max, maxBytes: .max)
        keys = notary.keys.known
        log.close()
    }

    static func openLog(_ data: String, segmentBytes: Int = 1500) throws -> EventLog {
        var options = EventLog.Options(directory: data + "/log")
        options.segmentBytes = segmentBytes
        options.preallocateBytes = 0
        return try EventLog.open(options, replayAfter: 0) { _ in }
    }

    static func notary(_ data: String, _ log: EventLog) throws -> Notary {
        let store = try CheckpointStore(CheckpointKeys.folder(data))
        let keys = try CheckpointKeys.open(data: data, origin: "hub.example/log", last: store.last)
        return try Notary(options: Notary.Options(data: data), log: log, pool: BlockingPool(threads: 2), store: store, keys: keys)
    }

    /// Commits records, each with its sequence as attachment, and waits until they are on disk.
    static func write(_ bodies: [[UInt8]], to log: EventLog) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try log.commit { transaction in
                    for body in bodies { transaction.append(attachment: [UInt8(truncatingIfNeeded: body.count)]) { _, out in out += body } }
                } whenDurable: { continuation.resume(with: $0.mapError { $0 as any Error }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func verify(keys: [NoteKey]? = nil, trusted: [NoteKey]? = nil, outside: [(name: String, note: SignedNote)] = []) throws -> VerifyReport {
        let list = try CheckpointList(directory: CheckpointKeys.folder(data), keys: keys ?? self.keys, trusted: trusted, outside: outside)
        var verifier = LogVerifier(data: data, checkpoints: list)
        var isFirst = true
        let walk = try LogWalk(directory: data + "/log", knownDurable: list.greatest) { record, place in
            if isFirst { try verifier.begin(at: record.sequence) }
            isFirst = false
            try verifier.take(record, place)
        }
        verifier.end(walk)
        return verifier.report
    }

    /// The segments' files and the frames in each: what somebody with access to the disk can write, checksums and all.
    func segments() throws -> [(path: String, header: SegmentHeader, frames: [Frame])] {
        try SegmentName.list(data + "/log").map { first in
            let path = SegmentName.path(data + "/log", first)
            let bytes = try #require(try Files.read(path, limit: 1 << 24))
            let header = try SegmentHeader(bytes.span.bytes)
            var frames: [Frame] = []
            var offset = SegmentHeader.size
            while let frame = FrameHeader(bytes.span.bytes, at: offset, salt: header.salt) {
                frames.append(Frame(offset: offset, header: frame, bytes: Array(bytes[offset..<offset + frame.frameLength])))
                offset += frame.frameLength
            }
            return (path, header, frames)
        }
    }

    struct Frame {
        let offset: Int
        var header: FrameHeader
        var bytes: [UInt8]

        /// The frame with another sequence, or another body of the same length, and checksums that fit.
        func forged(sequence: UInt64? = nil, body: ((inout [UInt8]) -> Void)? = nil, salt: UInt32) -> Frame {
            var frame = self
            if let sequence { frame.header.sequence = sequence }
            body?(&frame.bytes)
            frame.header.payloadChecksum = frame.header.checksumOfPayload(frame.bytes.span.bytes, at: 0)
            frame.header.write(over: &frame.bytes, at: 0, salt: salt)
            return frame
        }

        /// Changes a byte of the header that no field has, and makes the checksum fit.
        mutating func spoil(_ place: Int, salt: UInt32) {
            bytes[place] ^= 1
            bytes.set(number: FrameHeader.checksum(bytes.span.bytes, at: 0) ^ salt, at: 4)
        }

        /// The frame of the same length that says that the record is lost.
        func lost(salt: UInt32) -> Frame {
            var frame = self
            frame.bytes = [UInt8](repeating: 0, count: bytes.count)
            frame.header.kind = .lost
            frame.header.bodyLength = UInt32(bytes.count - FrameHeader.size)
            frame.header.attachmentLength = 0
            frame.header.remaining = 0
            frame.header.durable = frame.header.sequence - 1
            return frame.forged(salt: salt)
        }
    }

    /// Puts marks in the place of records, as a repair after damage does.
    func lose(_ sequences: ClosedRange<UInt64>) throws {
        for segment in try segments() {
            let frames = segment.frames.map { frame in
                sequences.contains(frame.header.sequence) ? frame.lost(salt: segment.header.salt) : frame
            }
            try Self.write(frames, to: segment.path, segment.header)
        }
    }

    /// Writes the frames of a segment again.
    static func write(_ frames: [Frame], to path: String, _ header: SegmentHeader) throws {
        try File(path, [.write, .truncate]).write(header.encoded + frames.flatMap(\.bytes), at: 0)
    }
}

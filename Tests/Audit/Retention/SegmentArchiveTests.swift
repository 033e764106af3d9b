import Crypto
import IO
import JSON
import Testing
import TestSupport

@testable import Audit
@testable import EventLog

@Suite("The archive of segments")
struct SegmentArchiveTests {
    /// The first segment of a new log, which begins with record 1 like all others.
    private func segment(_ folder: TemporaryFolder, _ text: String) async throws -> EventLog.SealedSegment {
        let log = try ProvenLog.openLog(folder.path, segmentBytes: 500)
        for number in 0..<5 { try await ProvenLog.write([Array("{\"\(text)\":\(number)}".utf8)], to: log) }
        try await ProvenLog.write([[UInt8](repeating: 0x20, count: 600)], to: log)
        let segment = try #require(try log.sealedSegments(limit: 1).first)
        log.close()
        return segment
    }

    @Test("segments of two histories under one number are both kept, and one that is archived twice is kept once")
    func twoHistories() async throws {
        let (one, other, archived) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        let segments = [try await segment(one, "one"), try await segment(other, "other")]
        let archive = SegmentArchive(directory: archived.path)
        let note = SignedNote(text: "hub.example/log\n5\n\(Base64.encode([UInt8](repeating: 0, count: 32)))\n")
        for segment in segments + segments { try archive.add(segment, checkpoint: note) }
        let names = try Files.list(archived.path)
        #expect(names.count == 4, "\(names)")
        for segment in segments {
            let bytes = try #require(try Files.read(segment.path, limit: 1 << 20))
            let sum = Hex.encode(hash(.sha256, bytes))
            let name = "00000000000000000001-\(sum.prefix(16))"
            let manifest = try JSONValue.parse(try #require(try Files.read("\(archived.path)/\(name).json", limit: 1 << 20)))
            #expect(manifest["sha256"]?.string == sum)
            #expect(try archive.unpackedHash("\(archived.path)/\(name).log.gz") == hash(.sha256, bytes))
        }
    }
}

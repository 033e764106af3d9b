import Crypto
import IO
import Testing
import TestSupport

@testable import Audit
@testable import EventLog

@Suite("notary")
struct NotaryTests {
    @Test("signs when there is something new, and only then")
    func signsNews() async throws {
        let proven = try await ProvenLog(batches: [3])
        let log = try ProvenLog.openLog(proven.data)
        defer { log.close() }
        let notary = try ProvenLog.notary(proven.data, log)
        #expect(notary.published?.checkpoint.size == 3)
        await notary.turn { published, _ in published.note }
        #expect(notary.published?.checkpoint.size == 3)
        try await ProvenLog.write([[1]], to: log)
        await notary.turn { published, _ in published.note }
        #expect(notary.published?.checkpoint.size == 4)
        let note = try #require(notary.published?.note)
        #expect(try note.verify(notary.keys.known).count == 1)
        var count = 0
        #expect(try CheckpointStore.all(CheckpointKeys.folder(proven.data)) { _ in count += 1 } == nil)
        #expect(count == 2)
    }

    @Test("who gets a checkpoint while witnesses are asked can hold it to the tree at once")
    func whileAsked() async throws {
        let proven = try await ProvenLog(batches: [3])
        let log = try ProvenLog.openLog(proven.data)
        defer { log.close() }
        let notary = try ProvenLog.notary(proven.data, log)
        try await ProvenLog.write([[1], [2]], to: log)
        await notary.turn { published, notary in
            #expect(published.checkpoint.size == 5)
            #expect((try? notary.tile(.hashes(level: 0), index: 0, width: 5))?.count == 5 * TreeHash.size)
            #expect((try? notary.consistency(from: 3, to: 5))?.root == published.checkpoint.root)
            return published.note
        }
        #expect(notary.published?.checkpoint.size == 5)
    }

    @Test("a record's proof checks offline, for every record, and for no other")
    func proofs() async throws {
        let proven = try await ProvenLog()
        let log = try ProvenLog.openLog(proven.data)
        defer { log.close() }
        let notary = try ProvenLog.notary(proven.data, log)
        for record in proven.records {
            let proof = try InclusionProof(parsing: try #require(try notary.proof(of: record.sequence)).encoded)
            let (checkpoint, entry) = try proof.check(notary.keys.known)
            #expect(checkpoint.size == 40 && entry.sequence == record.sequence)
            #expect(entry.bodyHash.bytes == hash(.sha256, record.body))
            #expect(entry.attachmentHash.bytes == hash(.sha256, record.attachment))
            let other = InclusionProof(index: proof.index ^ 1, hashes: proof.hashes, note: proof.note, entry: proof.entry)
            #expect(throws: NoteError.self) { try other.check(notary.keys.known) }
        }
        #expect(try notary.proof(of: 41) == nil)
        #expect(try notary.proof(of: 0) == nil)
        for old in 0...40 as ClosedRange<UInt64> {
            #expect(try #require(try notary.consistency(from: old, to: 40)).holds)
        }
    }

    @Test("a tree that is missing or damaged anywhere is made again, and the root stays")
    func rebuilds() async throws {
        let proven = try await ProvenLog(batches: [700], segmentBytes: 1 << 20)
        let log = try ProvenLog.openLog(proven.data, segmentBytes: 1 << 20)
        defer { log.close() }
        try await Diagnostics.$sink.withValue({ _, _ in }) {
            for damage in 0..<3 {
                switch damage {
                case 0: try Files.unlink(proven.data + "/tree/0")
                case 1: try File(proven.data + "/tree/1", .write).write([9, 9], at: 40)
                default: try File(proven.data + "/tree/0", .write).write([9, 9], at: 690 * 32)
                }
                let notary = try ProvenLog.notary(proven.data, log)
                await notary.turn { published, _ in published.note }
                #expect(notary.failure == nil)
                #expect(try notary.proof(of: 700) != nil)
            }
            // In the middle, where a start does not look, whoever asks for the tile finds out.
            try File(proven.data + "/tree/0", .write).write([9, 9], at: 3 * 32)
            let notary = try ProvenLog.notary(proven.data, log)
            #expect(throws: LogError.self) { try notary.tile(.hashes(level: 0), index: 0, width: 256) }
            await notary.turn { published, _ in published.note }
            #expect(try notary.tile(.hashes(level: 0), index: 0, width: 256)?.count == 8192)
        }
    }

    @Test("a log that is not the one of the last checkpoint gets no further checkpoint")
    func refusesAnotherLog() async throws {
        let proven = try await ProvenLog()
        let segment = try #require(try proven.segments().last)
        var frames = segment.frames
        frames[0] = frames[0].forged(body: { $0[FrameHeader.size] ^= 1 }, salt: segment.header.salt)
        try ProvenLog.write(frames, to: segment.path, segment.header)
        let log = try ProvenLog.openLog(proven.data)
        defer { log.close() }
        try await Diagnostics.$sink.withValue({ _, _ in }) {
            let notary = try ProvenLog.notary(proven.data, log)
            try await ProvenLog.write([[1]], to: log)
            await notary.turn { published, _ in published.note }
            #expect(notary.failure != nil)
            #expect(notary.published?.checkpoint.size == 40)
        }
    }

    @Test("no bytes make the parsers of proofs and requests trap")
    func fuzz() async throws {
        let proven = try await ProvenLog(batches: [9])
        let log = try ProvenLog.openLog(proven.data)
        defer { log.close() }
        let notary = try ProvenLog.notary(proven.data, log)
        let proof = try #require(try notary.proof(of: 5))
        let samples = [proof.encoded, WitnessRequest(old: 3, proof: proof.hashes, note: proof.note).encoded]
        var random = SeededGenerator(seed: 1)
        for _ in 0..<10_000 {
            var bytes = samples.randomElement(using: &random) ?? []
            for _ in 0..<3 {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...9, using: &random)))
                default: bytes.insert(10, at: place)
                }
            }
            _ = try? InclusionProof(parsing: bytes).check(notary.keys.known)
            _ = try? WitnessRequest(parsing: bytes)
        }
    }
}

import Crypto
import IO
import Testing
import TestSupport

@testable import Audit
@testable import EventLog

/// What somebody with write access to the disk may try. They know the formats and write right checksums.
@Suite("verification of a log")
struct VerifyTests {
    @Test("a log that nobody touched fits, and every checkpoint of it")
    func untouched() async throws {
        let log = try await ProvenLog()
        let report = try log.verify()
        #expect(report.findings.isEmpty, "\(report.findings.map(\.text))")
        #expect(report.last == 40 && report.provenSize == 40 && report.checkpoints == 4)
        #expect(try SegmentName.list(log.data + "/log").count > 1, "the log has several segments")
    }

    @Test("each byte that is flipped in a segment is found, and the record it belongs to named")
    func flippedBytes() async throws {
        let log = try await ProvenLog()
        var random = SeededGenerator(seed: 6962)
        for segment in try log.segments() {
            let whole = try #require(try Files.read(segment.path, limit: 1 << 24))
            for _ in 0..<60 {
                let place = Int.random(in: 0..<whole.count, using: &random)
                var bytes = whole
                bytes[place] ^= UInt8.random(in: 1...255, using: &random)
                try File(segment.path, [.write, .truncate]).write(bytes, at: 0)
                let finding = try #require(try log.verify().findings.first, "byte \(place) of \(segment.path)")
                let frame = segment.frames.last { $0.offset <= place }
                #expect(finding.sequence == frame?.header.sequence ?? segment.header.first, "byte \(place): \(finding.text)")
                #expect(finding.path == segment.path || finding.what.contains(segment.path), "\(finding.text)")
            }
            try File(segment.path, [.write, .truncate]).write(whole, at: 0)
        }
        #expect(try log.verify().findings.isEmpty)
    }

    @Test("a body that was changed, with checksums that fit, is found and named, for each record")
    func forgedBodies() async throws {
        let log = try await ProvenLog()
        for segment in try log.segments() {
            for slot in segment.frames.indices {
                var frames = segment.frames
                frames[slot] = frames[slot].forged(body: { $0[FrameHeader.size] ^= 1 }, salt: segment.header.salt)
                try ProvenLog.write(frames, to: segment.path, segment.header)
                let finding = try #require(try log.verify().findings.first)
                #expect(finding.sequence == frames[slot].header.sequence)
                #expect(finding.path == segment.path)
                #expect(finding.offset == frames[slot].offset)
            }
            try ProvenLog.write(segment.frames, to: segment.path, segment.header)
        }
    }

    @Test("a header that says something else of its transaction, or of what was on disk, is found; so are bytes that mean nothing")
    func headers() async throws {
        let log = try await ProvenLog()
        let changes: [@Sendable (inout FrameHeader) -> Void] = [
            { $0.remaining ^= 1 }, { $0.remaining &+= 3 }, { $0.durable += 1 }, { $0.durable = $0.sequence }, { $0.durable ^= 1 },
        ]
        for segment in try log.segments() {
            for slot in segment.frames.indices {
                for change in changes {
                    var frames = segment.frames
                    // The first of a transaction says alone what was on disk; that it was more than the last can be is all that shows.
                    let isAlone = frames[slot].header.remaining == 0 && (slot == 0 || frames[slot - 1].header.remaining == 0)
                    change(&frames[slot].header)
                    if isAlone, frames[slot].header.durable < frames[slot].header.sequence, frames[slot].header.remaining == 0 { continue }
                    frames[slot] = frames[slot].forged(salt: segment.header.salt)
                    try ProvenLog.write(frames, to: segment.path, segment.header)
                    let sequence = frames[slot].header.sequence
                    let finding = try #require(try log.verify().findings.first, "record \(sequence)")
                    #expect(finding.sequence == sequence || finding.sequence == sequence + 1, "record \(sequence): \(finding.text)")
                }
                for place in [FrameHeader.size - 1, segment.frames[slot].bytes.count - 1] {
                    var frames = segment.frames
                    let used = FrameHeader.size + Int(frames[slot].header.bodyLength) + Int(frames[slot].header.attachmentLength)
                    if place >= FrameHeader.size, place < used { continue }
                    frames[slot] = frames[slot].forged(body: { $0[place] = 1 }, salt: segment.header.salt)
                    if place < FrameHeader.size { frames[slot].spoil(place, salt: segment.header.salt) }
                    try ProvenLog.write(frames, to: segment.path, segment.header)
                    #expect(try log.verify().findings.first?.sequence == frames[slot].header.sequence, "byte \(place)")
                }
                try ProvenLog.write(segment.frames, to: segment.path, segment.header)
            }
        }
        #expect(try log.verify().findings.isEmpty)
    }

    @Test("records that are marked as lost are found, and the first of them named, wherever they are")
    func marked() async throws {
        let log = try await ProvenLog()
        let whole = try log.segments()
        for lost in [1...1, 3...9, 17...17, 40...40, 1...40] as [ClosedRange<UInt64>] {
            try log.lose(lost)
            let report = try log.verify()
            #expect(report.lost == lost.count && report.findings.first?.sequence == lost.lowerBound, "\(report.findings.map(\.text))")
            #expect(report.findings.allSatisfy { $0.isLoss }, "all that is left is as it was: \(report.findings.map(\.text))")
            for segment in whole { try ProvenLog.write(segment.frames, to: segment.path, segment.header) }
        }
        #expect(try log.verify().findings.isEmpty)
    }

    @Test("a record that was lost before a checkpoint covered it is none that somebody took out: the hub has signed that it is lost")
    func lostBefore() async throws {
        let log = try await ProvenLog()
        let open = try ProvenLog.openLog(log.data)
        try open.markInUse()
        try await ProvenLog.write((41...43).map { Array("{\"sequence\":\"\($0)\"}".utf8) }, to: open)
        open.close()
        try log.lose(42...42)
        #expect(try log.verify().findings.first?.sequence == 42, "nothing says so yet")
        let again = try ProvenLog.openLog(log.data)
        let notary = try ProvenLog.notary(log.data, again)
        await notary.turn { published, _ in published.note }
        again.close()
        let report = try log.verify()
        #expect(report.findings.isEmpty && report.provenSize == 43, "\(report.findings.map(\.text))")
        #expect(report.notes.contains { $0.contains("record 42") }, "\(report.notes)")
    }

    @Test("with the tree's files changed to fit, the checkpoint still tells between which records the change is")
    func forgedWithTree() async throws {
        let log = try await ProvenLog()
        let segment = try #require(try log.segments().last { $0.header.first <= 8 })
        var frames = segment.frames
        let slot = Int(8 - segment.header.first)
        frames[slot] = frames[slot].forged(body: { $0[FrameHeader.size] ^= 1 }, salt: segment.header.salt)
        try ProvenLog.write(frames, to: segment.path, segment.header)
        var hasher = TreeHasher()
        let forged = frames[slot].header.record(frames[slot].bytes, at: 0)
        try File(log.data + "/tree/0", [.read, .write]).write(
            hasher.leaf(LogEntry(forged, &hasher).bytes).bytes, at: Int(forged.sequence - 1) * TreeHash.size)
        let finding = try #require(try log.verify().findings.first)
        // Checkpoints are of 5, 6 and 26 records, and record 8 is between the last two.
        #expect(finding.sequence == 7 && finding.what.contains("up to record 26"), "\(finding.text)")
    }

    @Test("records that are dropped, swapped or put in, with numbers and checksums that fit, are found")
    func movedRecords() async throws {
        let log = try await ProvenLog()
        let segment = try #require(try log.segments().last)
        func renumbered(_ frames: [ProvenLog.Frame]) -> [ProvenLog.Frame] {
            frames.enumerated().map { $1.forged(sequence: segment.header.first + UInt64($0), salt: segment.header.salt) }
        }
        var swapped = segment.frames
        swapped.swapAt(1, 2)
        var inserted = segment.frames
        inserted.insert(segment.frames[0], at: 2)
        var dropped = segment.frames
        dropped.remove(at: 1)
        for (frames, slot) in [(swapped, 1), (inserted, 2), (dropped, 1)] {
            try ProvenLog.write(renumbered(frames), to: segment.path, segment.header)
            let finding = try #require(try log.verify().findings.first)
            #expect(finding.sequence == segment.header.first + UInt64(slot), "\(finding.text)")
            // Without new numbers the file itself is wrong.
            try ProvenLog.write(frames, to: segment.path, segment.header)
            #expect(try log.verify().findings.first?.sequence == segment.header.first + UInt64(slot))
        }
        try ProvenLog.write(Array(segment.frames.dropLast()), to: segment.path, segment.header)
        #expect(try log.verify().findings.first?.sequence == 40, "the last record is gone")
        let extra = renumbered(segment.frames + [segment.frames[segment.frames.count - 1]])
        try ProvenLog.write(extra, to: segment.path, segment.header)
        #expect(try log.verify().findings.first?.sequence == 41, "a record was appended after an orderly end")
        try ProvenLog.write(segment.frames, to: segment.path, segment.header)
        #expect(try log.verify().findings.isEmpty)
    }

    @Test("a record put in after the last checkpoint is counted as unproven, whatever becomes of the mark of the orderly end")
    func appended() async throws {
        let log = try await ProvenLog()
        #expect(try log.verify().unproven == 0 && log.verify().unprovenText == nil)
        let segment = try #require(try log.segments().last)
        let last = segment.frames[segment.frames.count - 1]
        let extra = last.forged(sequence: 41, salt: segment.header.salt)
        try ProvenLog.write(segment.frames + [extra], to: segment.path, segment.header)
        let report = try log.verify()
        #expect(report.unprovenText == "1 record after the last signed checkpoint is not proven: 41 to 41")
        #expect(report.findings.first?.what.contains("somebody else appended") == true, "the mark says that there was nothing after record 40")
        // Without the mark, or with one that was put right, it looks like the end that a crash leaves, and is not proven all the same.
        for mark in [nil, 41, 39] as [UInt64?] {
            try Files.unlinkIfPresent(log.data + "/log/closed")
            if let mark { try ClosedMark.write(log.data + "/log", last: mark) }
            #expect(try log.verify().findings.isEmpty && log.verify().unproven == 1, "\(String(describing: mark))")
        }
        // A hub that goes on says so first, so that its own records after a crash are no finding.
        try ClosedMark.write(log.data + "/log", last: 40)
        try ClosedMark.writeInUse(log.data + "/log")
        #expect(try log.verify().findings.isEmpty && log.verify().unproven == 1)
        #expect(try ClosedMark.read(log.data + "/log") == 40, "it still says what was on disk")
    }

    @Test("without any checkpoint nothing is proven")
    func noCheckpoints() async throws {
        let log = try await ProvenLog()
        let folder = CheckpointKeys.folder(log.data)
        for name in try CheckpointStore.names(folder) { try Files.unlink(folder + "/" + name) }
        #expect(try log.verify().unprovenText == "40 records after the last signed checkpoint are not proven: 1 to 40")
    }

    @Test("a whole segment that is gone is found")
    func missingSegment() async throws {
        let log = try await ProvenLog()
        let segments = try log.segments()
        for (slot, segment) in segments.enumerated() {
            let bytes = try #require(try Files.read(segment.path, limit: 1 << 24))
            try Files.unlink(segment.path)
            #expect(try !log.verify().findings.isEmpty, "segment \(slot)")
            try File(segment.path, [.write, .create]).write(bytes, at: 0)
        }
    }

    @Test("a checkpoint that was replaced, forged or taken out is found")
    func checkpoints() async throws {
        let log = try await ProvenLog()
        let folder = CheckpointKeys.folder(log.data)
        let path = folder + "/" + (try CheckpointStore.names(folder)[0])
        var notes: [SignedNote] = []
        _ = try CheckpointStore.all(folder) { notes.append($0.note) }
        func write(_ notes: [SignedNote]) throws {
            let entries = notes.enumerated().flatMap { CheckpointScan.encode($1, number: UInt64($0 + 1)) }
            try File(path, [.write, .truncate]).write(entries, at: 0)
        }
        var replaced = notes
        replaced[1] = notes[2]
        try write(replaced)
        #expect(try log.verify().findings.isEmpty, "a copy of a checkpoint that is right says nothing wrong")
        replaced = notes
        replaced[2] = notes[0]
        try write(replaced)
        #expect(try log.verify().findings.first?.what.contains("checkpoint 3") == true)
        let stranger = try Ed25519PrivateKey.random()
        var forged = SignedNote(text: notes[1].text)
        try forged.sign(stranger, name: "hub.example/log")
        replaced = notes
        replaced[1] = forged
        try write(replaced)
        #expect(try log.verify().findings.first?.what.contains("cannot be trusted") == true)
        // The last ones gone: the log's records are then under no checkpoint, though the log was closed in order.
        try write(Array(notes.dropLast()))
        #expect(try log.verify().unprovenText == "14 records after the last signed checkpoint are not proven: 27 to 40")
    }

    @Test("a log that was rewritten together with its tree and checkpoints is found by a checkpoint kept outside")
    func rewritten() async throws {
        let log = try await ProvenLog()
        let other = try await ProvenLog(batches: [40])
        var notes: [SignedNote] = []
        _ = try CheckpointStore.all(CheckpointKeys.folder(log.data)) { notes.append($0.note) }
        #expect(try log.verify(outside: [("kept.txt", notes[2])]).findings.isEmpty)
        // The other log is signed by another key; with the same one only the root tells.
        let report = try other.verify(outside: [("kept.txt", notes[2])])
        #expect(report.findings.first?.what.contains("kept.txt") == true)
    }

    @Test("a damaged hash above the leaves is found, which proofs are made of")
    func damagedTiles() async throws {
        let log = try await ProvenLog(batches: [300, 260], segmentBytes: 20_000)
        #expect(try log.verify().findings.isEmpty)
        try File(log.data + "/tree/1", [.read, .write]).write([1, 2, 3], at: TreeHash.size)
        let finding = try #require(try log.verify().findings.first)
        #expect(finding.path == log.data + "/tree/1" && finding.offset == TreeHash.size, "\(finding.text)")
    }

    @Test("a tree that is damaged is told from a log that was changed")
    func damagedTree() async throws {
        let log = try await ProvenLog()
        try File(log.data + "/tree/0", [.read, .write]).write([1, 2, 3], at: 8 * TreeHash.size)
        let finding = try #require(try log.verify().findings.first)
        #expect(finding.sequence == 9 && finding.what.contains("the tree is damaged"), "\(finding.text)")
    }
}

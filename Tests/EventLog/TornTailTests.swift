import IO
import Synchronization
import Testing

@testable import EventLog

@Suite("What a crash leaves incomplete")
struct TornTailTests {
    /// Three single records, a transaction of three, and one of two; each synced before the next.
    private func crashed(_ folder: TemporaryFolder, zeros: Int = 0) async throws -> (CrashedLog, [Record]) {
        let (log, _) = try open(options(folder, zeros: zeros))
        for number in 1...3 { try await log.write([[UInt8](repeating: UInt8(number), count: number * 5)]) }
        try await log.write([[4], [5, 5], []], attachment: [1, 2, 3])
        try await log.write([[7], [8, 8, 8, 8, 8, 8, 8, 8, 8]])
        let result = (try CrashedLog(folder.path + "/log"), try log.all())
        log.close()
        return result
    }

    /// The number of records that are left when the segment ends after `length` bytes, or has zeros from there on.
    private func whole(_ crash: CrashedLog, upTo length: Int, zeros: Bool) -> Int {
        let complete = crash.frames.dropFirst().count { end in
            end <= length || zeros && crash.bytes[length..<end].allSatisfy { $0 == 0 }
        }
        return complete >= 8 ? 8 : complete >= 6 ? 6 : min(complete, 3)
    }

    @Test("a file that ends anywhere keeps the whole transactions before that point, and takes new records", arguments: [0, 4096])
    func truncated(zeros: Int) async throws {
        let folder = try TemporaryFolder()
        let (crash, records) = try await crashed(folder, zeros: zeros)
        let frames = crash.frames
        #expect(frames.count == 9)
        let other = try TemporaryFolder()
        for length in frames[0]...frames[8] {
            let cut = Array(crash.bytes.prefix(length)) + [UInt8](repeating: 0, count: zeros == 0 ? 0 : 200)
            try crash.restore(to: other.path + "/log", last: cut)
            let kept = whole(crash, upTo: length, zeros: zeros > 0)
            let (log, replayed) = try Diagnostics.$sink.withValue({ _, _ in }) { try open(options(other)) }
            try #require(replayed == Array(records.prefix(kept)), "cut at \(length)")
            try await log.write([[42]])
            try #require(try log.all().last?.sequence == UInt64(kept) + 1)
            log.close()
            let again = try reopen(options(other)).get()
            try #require(again.dropLast() == records.prefix(kept) && again.last?.body == [42])
        }
    }

    @Test("cutting says where, how much and from which record on; a clean end says nothing")
    func says() async throws {
        let folder = try TemporaryFolder()
        let (crash, _) = try await crashed(folder, zeros: 4096)
        let lines = Mutex<[String]>([])
        try Diagnostics.$sink.withValue({ _, line in lines.withLock { $0.append(line) } }) {
            let other = try TemporaryFolder()
            try crash.restore(to: other.path + "/log", last: crash.bytes)
            _ = try reopen(options(other)).get()
            #expect(lines.withLock { $0 } == [])
            try crash.restore(to: other.path + "/log", last: Array(crash.bytes.prefix(crash.frames[8] - 10)))
            _ = try reopen(options(other)).get()
        }
        let said = lines.withLock { $0 }
        #expect(said.count == 1)
        #expect(said.first?.contains("at byte \(crash.frames[6])") == true)
        #expect(said.first?.contains("from record 7 on") == true)
    }

    @Test("a flipped byte anywhere is refused as damage or cuts off the last transaction, and never changes a record")
    func flipped() async throws {
        let folder = try TemporaryFolder()
        let (crash, records) = try await crashed(folder)
        let frames = crash.frames
        let other = try TemporaryFolder()
        for position in crash.bytes.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var bytes = crash.bytes
                bytes[position] ^= mask
                try crash.restore(to: other.path + "/log", last: bytes)
                switch Diagnostics.$sink.withValue({ _, _ in }, operation: { reopen(options(other)) }) {
                case .success(let kept):
                    try #require(kept == Array(records.prefix(6)) && position >= frames[6], "byte \(position)")
                case .failure(let error):
                    try #require(error.code == .damaged && position < frames[6], "byte \(position): \(error)")
                    try #require(error.message.contains(other.path + "/log/" + crash.name))
                    try #require(position < 64 || error.message.contains("signalbox log repair --data \(other.path)"))
                }
            }
        }
    }

    @Test("after an orderly end nothing is cut off: a flipped byte anywhere is damage")
    func flippedAfterClosing() async throws {
        let folder = try TemporaryFolder()
        _ = try await crashed(folder)
        let closed = try CrashedLog(folder.path + "/log")
        let other = try TemporaryFolder()
        for position in closed.bytes.indices {
            var bytes = closed.bytes
            bytes[position] ^= 0x10
            try closed.restore(to: other.path + "/log", last: bytes)
            guard case .failure(let error) = reopen(options(other)) else {
                Issue.record("byte \(position) was not noticed")
                continue
            }
            try #require(error.code == .damaged)
        }
        try closed.restore(to: other.path + "/log", last: Array(closed.bytes.prefix(closed.frames[6])))
        guard case .failure = reopen(options(other)) else { return #expect(Bool(false), "a lost end was not noticed") }
    }

    /// One batch of many records is held back until all are committed, so that a single sync covers them.
    private func oneBatch(_ folder: TemporaryFolder, then more: Bool) async throws -> (CrashedLog, [Record]) {
        let (log, _) = try open(options(folder))
        let gate = Box(0)
        try gate.value.withLock { _ in
            try log.commit { $0.append { _, out in out += [1] } } whenDurable: { _ in gate.value.withLock { _ in } }
            while log.durableSequence == 0 {}
            for number in 2...40 {
                try log.commit { $0.append { _, out in out += [UInt8](repeating: UInt8(number), count: 500) } } whenDurable: { _ in }
            }
        }
        _ = try await log.wait(after: 39)
        if more { try await log.write([[41]]) }
        let result = (try CrashedLog(folder.path + "/log"), try log.all())
        log.close()
        return result
    }

    @Test("a page that did not reach the disk, in the middle of a batch that was not synced, cuts there, and nothing behind it comes alive again")
    func reordered() async throws {
        let folder = try TemporaryFolder()
        let (crash, records) = try await oneBatch(folder, then: false)
        let other = try TemporaryFolder()
        for page in 1..<(crash.bytes.count / 4096) {
            var bytes = crash.bytes
            for position in page * 4096..<(page + 1) * 4096 { bytes[position] = 0 }
            try crash.restore(to: other.path + "/log", last: bytes)
            let (log, kept) = try Diagnostics.$sink.withValue({ _, _ in }) { try open(options(other)) }
            try #require(!kept.isEmpty && kept.count < 40 && kept == Array(records.prefix(kept.count)))
            // The new record has the length of the one that was cut off, so the frame behind it would fit again.
            try await log.write([[UInt8](repeating: 99, count: 500)])
            log.close()
            try #require(try reopen(options(other)).get().count == kept.count + 1)
        }
    }

    @Test("the same page in a batch that a later record says was synced is damage")
    func reorderedAfterSync() async throws {
        let folder = try TemporaryFolder()
        let (crash, _) = try await oneBatch(folder, then: true)
        let other = try TemporaryFolder()
        for page in 1..<(crash.bytes.count / 4096) {
            var bytes = crash.bytes
            for position in page * 4096..<(page + 1) * 4096 { bytes[position] = 0 }
            try crash.restore(to: other.path + "/log", last: bytes)
            guard case .failure(let error) = reopen(options(other)) else {
                Issue.record("page \(page) was not noticed")
                continue
            }
            try #require(error.code == .damaged && error.message.contains("record 41"))
        }
    }

    @Test("frames that a client plants in a record do not count as proof")
    func planted() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        var planted = [UInt8](repeating: 0, count: FrameHeader.size)
        var header = FrameHeader(bodyLength: 0, attachmentLength: 0, sequence: 1000, time: 0, kind: .event)
        header.durable = 999
        header.write(over: &planted, at: 0, salt: 0)
        try await log.write([[1]])
        try await log.write([planted + planted])
        let crash = try CrashedLog(folder.path + "/log")
        log.close()
        var bytes = crash.bytes
        bytes[crash.frames[1] + 20] ^= 1
        let other = try TemporaryFolder()
        try crash.restore(to: other.path + "/log", last: bytes)
        let kept = try Diagnostics.$sink.withValue({ _, _ in }) { try reopen(options(other)).get() }
        #expect(kept.count == 1)
    }
}

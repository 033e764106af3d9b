import IO
import Testing

@testable import EventLog

@Suite("Indexes of the log")
struct TermIndexesTests {
    @Test("answers are those of looking at every record, with all, some and no index files", arguments: 0..<8)
    func equality(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 77)
        let indexed = try IndexedLog(TemporaryFolder(), segmentBytes: [3_000, 20_000][seed % 2])
        for round in 0..<3 {
            try await indexed.fill(400, using: &random)
            if round > 0 || seed % 3 > 0 { try indexed.indexes.maintain() }
            if seed % 4 == 3 { for name in try indexed.files.prefix(2) { try Files.unlink(indexed.folder.path + "/log/" + name) } }
            for _ in 0..<60 {
                let (query, groups) = indexed.randomQuery(Int(indexed.log.durableSequence), using: &random)
                let expected = try indexed.naive(query, groups: groups)
                try #require(try indexed.find(query, groups: groups) == expected, "\(query) \(groups)")
                let limit = Int.random(in: 1...20, using: &random)
                try #require(try indexed.find(query, groups: groups, limit: limit) == Array(expected.prefix(limit)))
            }
        }
        indexed.log.close()
    }

    @Test("a search that finds nothing reads nothing of the log")
    func selective() async throws {
        var random = SeededGenerator(seed: 5)
        let indexed = try IndexedLog(TemporaryFolder())
        try await indexed.fill(3_000, using: &random)
        try indexed.indexes.maintain()
        var query = LogQuery()
        query.terms = [[IndexedLog.term(200)]]
        query.maxBytes = 1
        #expect(try indexed.indexes.run(query) { _, _ in true } == .done)
        query.terms = [[IndexedLog.term(3)]]
        query.since = 1_000_000
        #expect(try indexed.indexes.run(query) { _, _ in true } == .done)
        indexed.log.close()
    }

    @Test("files are made once, of the sealed segments only, and again for another schema")
    func files() async throws {
        var random = SeededGenerator(seed: 6)
        let indexed = try IndexedLog(TemporaryFolder())
        try await indexed.fill(2_000, using: &random)
        #expect(try indexed.files.isEmpty)
        #expect(try !indexed.indexes.isComplete())
        try indexed.indexes.maintain()
        let sealed = indexed.log.catalogue.firsts.sealed
        #expect(sealed.count > 2)
        #expect(try indexed.files == sealed.map { SegmentName.padded($0) + ".terms" })
        #expect(try indexed.indexes.isComplete())
        let path = try indexed.folder.path + "/log/" + #require(try indexed.files.first)
        let before = try Files.info(path)?.inode
        try indexed.indexes.maintain()
        #expect(try Files.info(path)?.inode == before)
        let other = TermIndexes(log: indexed.log, schema: 2, terms: indexed.indexes.terms)
        #expect(try !other.isComplete())
        try other.maintain()
        #expect(try other.isComplete())
        #expect(try Files.info(path)?.inode != before)
        indexed.log.close()
    }

    @Test("an index built when a segment was active is the one built from its file")
    func sameBytes() async throws {
        var random = SeededGenerator(seed: 7)
        let indexed = try IndexedLog(TemporaryFolder())
        while indexed.log.catalogue.firsts.sealed.isEmpty {
            try await indexed.fill(10, using: &random)
            if indexed.log.catalogue.firsts.sealed.isEmpty { _ = try indexed.find(LogQuery(), groups: [[1]]) }
        }
        try indexed.indexes.maintain()
        let path = try indexed.folder.path + "/log/" + #require(try indexed.files.first)
        let first = try Files.read(path, limit: .max)
        try Files.unlink(path)
        try TermIndexes(log: indexed.log, schema: 1, terms: indexed.indexes.terms).maintain()
        #expect(try Files.read(path, limit: .max) == first)
        indexed.log.close()
    }

    @Test("damaged, torn and foreign index files never change an answer, and are made again")
    func damage() async throws {
        var random = SeededGenerator(seed: 8)
        let indexed = try IndexedLog(TemporaryFolder(), segmentBytes: 6_000)
        try await indexed.fill(600, using: &random)
        try indexed.indexes.maintain()
        let names = try indexed.files
        let originals = try names.map { try Files.read(indexed.folder.path + "/log/" + $0, limit: .max) ?? [] }
        try Diagnostics.$sink.withValue({ _, _ in }) {
            for _ in 0..<400 {
                let slot = Int.random(in: 0..<names.count, using: &random)
                let path = indexed.folder.path + "/log/" + names[slot]
                var bytes = originals[slot]
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                case 2: for index in Int.random(in: 0..<bytes.count, using: &random)..<bytes.count { bytes[index] = 0 }
                case 3: bytes = originals[(slot + 1) % originals.count]
                default:
                    let start = Int.random(in: 0..<bytes.count, using: &random)
                    for index in start..<min(bytes.count, start + 16) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
                }
                try File(path, [.write, .create, .truncate]).write(bytes, at: 0)
                let fresh = TermIndexes(log: indexed.log, schema: 1, terms: indexed.indexes.terms)
                for _ in 0..<3 {
                    let (query, groups) = indexed.randomQuery(600, using: &random)
                    let found = try indexed.find(query, groups: groups, with: fresh)
                    try #require(try found == indexed.naive(query, groups: groups), "\(names[slot]) \(query) \(groups)")
                }
                try fresh.maintain()
                try File(path, [.write, .create, .truncate]).write(originals[slot], at: 0)
            }
        }
        indexed.log.close()
    }

    @Test("bytes that are no list of places are refused, whatever they are")
    func postings() throws {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let count = UInt32.random(in: 0...12, using: &random)
            guard let places = decode(bytes, count, 1_000_000) else { continue }
            #expect(places.count == Int(count) && places == Array(Set(places)).sorted() && places.allSatisfy { $0 < 1_000_000 })
        }
        let places: [UInt32] = [0, 1, 127, 128, 300, 1 << 20, .max - 1]
        var bytes: [UInt8] = []
        #expect(TermPostings.encode(places, into: &bytes) == 7)
        #expect(decode(bytes, 7, .max) == places)
        #expect(decode(bytes, 7, .max - 1) == nil)
        #expect(decode(bytes.dropLast(), 7, .max) == nil)
    }

    private func decode(_ bytes: [UInt8], _ count: UInt32, _ limit: UInt32) -> [UInt32]? {
        TermPostings.decode(bytes.span.bytes, count: count, limit: limit)
    }

    @Test("large records are found like others, and their bytes are not damage to those around them")
    func large() async throws {
        let indexed = try IndexedLog(TemporaryFolder(), segmentBytes: 40 << 20)
        for number in 0..<20 {
            let size = number % 3 == 0 ? 1_500_000 : 10
            try await indexed.log.write([[UInt8(number % 4)]], attachment: [UInt8](repeating: UInt8(number), count: size))
        }
        for isAscending in [true, false] {
            var query = LogQuery()
            query.isAscending = isAscending
            #expect(try indexed.find(query, groups: []) == indexed.naive(query, groups: []))
            #expect(try indexed.find(query, groups: [[2]]) == indexed.naive(query, groups: [[2]]))
            query.maxBytes = 1
            #expect(try indexed.find(query, groups: [[1, 3]]) == indexed.naive(query, groups: [[1, 3]]))
        }
        indexed.log.close()
    }

    @Test("terms are spread evenly over the buckets")
    func buckets() {
        var random = SeededGenerator(seed: 13)
        var counts = [Int](repeating: 0, count: 100)
        for _ in 0..<10_000 { counts[Int(TermFile.bucket(of: UInt32.random(in: 0...(.max), using: &random), of: 100))] += 1 }
        #expect(counts.allSatisfy { $0 > 50 && $0 < 150 })
        #expect(TermFile.bucket(of: 0, of: 100) == 0 && TermFile.bucket(of: .max, of: 100) == 99)
    }

    @Test("segments that were removed take their index along, and answers begin with what is kept")
    func removal() async throws {
        let folder = try TemporaryFolder()
        var options = options(folder, segmentBytes: 2_000)
        options.mayForgetOldest = true
        let log = try EventLog.open(options, replayAfter: 0) { _ in }
        let indexes = TermIndexes(log: log, schema: 1) { body, terms in terms.append(IndexedLog.term(body[0])) }
        for number in 0..<100 { try await log.write([[UInt8(number)]]) }
        try indexes.maintain()
        #expect(try log.removeSegments(endingBefore: .max) > 0)
        try indexes.maintain()
        let names = try Files.list(folder.path + "/log").filter { $0.hasSuffix(".terms") }
        #expect(names.isEmpty)
        var found: [UInt64] = []
        #expect(try indexes.run(LogQuery()) { head, _ in found.append(head.sequence); return true } == .done)
        #expect(found == Array(log.oldestSequence...100))
        // One that an interrupted removal left behind.
        try File(folder.path + "/log/00000000000000000001.terms", [.write, .create]).write([1, 2, 3], at: 0)
        try indexes.maintain()
        #expect(try !Files.exists(folder.path + "/log/00000000000000000001.terms"))
        log.close()
    }

    @Test("a crash while an index was written leaves nothing that counts")
    func crash() async throws {
        var random = SeededGenerator(seed: 10)
        let folder = try TemporaryFolder()
        var indexed = try IndexedLog(folder)
        try await indexed.fill(1_000, using: &random)
        try indexed.indexes.maintain()
        indexed.log.close()
        let path = try folder.path + "/log/" + #require(try indexed.files.first)
        let bytes = try #require(try Files.read(path, limit: .max))
        try Files.rename(path, to: path + ".tmp")
        try File(path + ".tmp", [.write]).truncate(to: bytes.count / 2)
        indexed = try IndexedLog(folder)
        #expect(try !Files.exists(path + ".tmp"))
        #expect(try indexed.find(LogQuery(), groups: [[7]]) == indexed.naive(LogQuery(), groups: [[7]]))
        try indexed.indexes.maintain()
        #expect(try Files.read(path, limit: .max) == bytes)
        indexed.log.close()
    }

    @Test("records that are added while somebody searches are found by the next search")
    func growing() async throws {
        let indexed = try IndexedLog(TemporaryFolder(), segmentBytes: 3_000)
        for number in 0..<300 {
            try await indexed.write([[UInt8(number % 50)]], at: 1)
            let found = try indexed.find(LogQuery(), groups: [[UInt8(number % 50)]])
            try #require(found.last == UInt64(number + 1) && found.count == number / 50 + 1)
            if number % 70 == 0 { try indexed.indexes.maintain() }
        }
        indexed.log.close()
    }
}

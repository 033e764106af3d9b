import IO
import Testing
import TestSupport

@testable import EventLog

@Suite("indexes held to the log")
struct IndexCheckTests {
    private func check(_ log: IndexedLog) throws -> IndexCheck {
        let directory = log.folder.path + "/log"
        var check = IndexCheck(directory: directory, schema: 1) { body, terms in
            for index in 0..<body.count { terms.append(IndexedLog.term(body[index])) }
        }
        let walk = try LogWalk(directory: directory, knownDurable: 0) { try check.take($0, $1) }
        #expect(walk.fault == nil)
        try check.end(walk)
        return check
    }

    private func filled() async throws -> IndexedLog {
        let log = try IndexedLog(try TemporaryFolder(), segmentBytes: 4_000)
        var random = SeededGenerator(seed: 13)
        try await log.fill(400, using: &random)
        try log.indexes.maintain()
        log.log.close()
        return log
    }

    @Test("indexes as the log makes them fit, every one")
    func untouched() async throws {
        let log = try await filled()
        let check = try check(log)
        #expect(check.wrong.isEmpty && check.unusable.isEmpty, "\(check)")
        #expect(try Files.list(log.folder.path + "/log").count { $0.hasSuffix(".terms") } > 2)
    }

    @Test("an index of terms that hides one record, with checksums that fit, is named")
    func forgedTerms() async throws {
        let log = try await filled()
        let directory = log.folder.path + "/log"
        for first in try SegmentName.list(directory).dropLast() {
            let segment = try Segment.open(directory, first: first)
            let path = SegmentName.termsPath(directory, first)
            let whole = try #require(try Files.read(path, limit: 1 << 24))
            var table = TermTable(first: first)
            for record in try EventLog.records(directory, first) {
                table.append(record.sequence == first ? [] : record.body.map(IndexedLog.term), time: record.time)
            }
            try Files.replace(path, with: TermFile.encode(table, schema: 1, end: segment.index.end))
            #expect(TermFile.open(path, schema: 1, for: segment.index) != nil, "queries would use it")
            let isEmpty = try EventLog.records(directory, first).first?.body.isEmpty == true
            #expect(try check(log).wrong == (isEmpty ? [] : [path]))
            try Files.replace(path, with: Array(whole.dropLast()) + [whole[whole.count - 1] ^ 1])
            #expect(try check(log).wrong == [path])
            try Files.replace(path, with: whole)
        }
    }

    @Test("an index of places that says others is named, and one that is cut off is only made again")
    func forgedPlaces() async throws {
        let log = try await filled()
        let directory = log.folder.path + "/log"
        let first = try #require(try SegmentName.list(directory).first)
        let path = SegmentName.indexPath(directory, first)
        var index = try #require(SparseIndex.load(directory, first: first))
        let whole = index.encoded
        index.latest -= 1
        try Files.replace(path, with: index.encoded)
        #expect(try check(log).wrong == [path])
        try Files.replace(path, with: Array(whole.dropLast(3)))
        let terms = SegmentName.termsPath(directory, first)
        try Files.replace(terms, with: Array(try #require(try Files.read(terms, limit: 1 << 24)).prefix(50)))
        let check = try check(log)
        #expect(check.wrong.isEmpty && check.unusable == [path, terms])
    }
}

extension EventLog {
    fileprivate static func records(_ directory: String, _ first: UInt64) throws -> [Record] {
        let (file, header) = try Segment.openFile(directory, first: first)
        var scanner = FrameScanner(file, from: SegmentHeader.size, sequence: first, end: try file.size(), salt: header.salt)
        var records: [Record] = []
        while case .frame(let frame) = try scanner.peek() {
            records.append(scanner.record(frame))
            scanner.advance(past: frame)
        }
        return records
    }
}

import OCI
import Testing

@testable import Registry

@Suite struct LeaseRecordTests {
    @Test("A record reads back as it was written", arguments: DigestAlgorithm.allCases)
    func roundTrip(algorithm: DigestAlgorithm) {
        for action in [LeaseRecord.Action.hold, .release] {
            let record = LeaseRecord(action, blobDigest([1], algorithm), repositoryNamed("team/app"))
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            #expect(bytes.count == 2 + algorithm.byteCount + 8)
            #expect(LeaseRecord(bytes) == record)
        }
    }

    @Test("Every cut and every wrong kind is refused without a trap")
    func damage() {
        var bytes: [UInt8] = []
        LeaseRecord(.hold, blobDigest([1]), repositoryNamed("team/app")).encode(into: &bytes)
        for length in 0...35 { #expect(LeaseRecord(Array(bytes.prefix(length))) == nil || length == 35) }
        #expect(LeaseRecord(Array(bytes.prefix(34))) == nil)  // no name
        for (index, value) in [(0, 0), (0, 3), (1, 0), (1, 3), (34, 0xff), (34, 0x2f)] as [(Int, UInt8)] {
            var wrong = bytes
            wrong[index] = value
            #expect(LeaseRecord(wrong) == nil)
        }
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let length = Int.random(in: 0...80, using: &generator)
            let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if let record = LeaseRecord(noise) {
                var again: [UInt8] = []
                record.encode(into: &again)
                #expect(again == noise)
            }
        }
    }
}

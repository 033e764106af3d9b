import Testing

@testable import EventLog

@Suite("CRC-32C")
struct CRC32CTests {
    /// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
    static let vectors: [([UInt8], UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ((0..<32).map { UInt8($0) }, 0x46DD_794E),
        ((0..<32).reversed().map { UInt8($0) }, 0x113F_DB5C),
        (Array("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    @Test("the table gives the published checksums", arguments: vectors)
    func table(bytes: [UInt8], checksum: UInt32) {
        #expect(CRC32C.inTable(bytes.span.bytes) == checksum)
    }

    @Test("the processor's instruction gives the published checksums", .enabled(if: CRC32C.hasHardware), arguments: vectors)
    func hardware(bytes: [UInt8], checksum: UInt32) {
        #expect(CRC32C.inHardware(bytes.span.bytes) == checksum)
    }

    @Test("table and instruction agree at every length and alignment", .enabled(if: CRC32C.hasHardware))
    func agreement() {
        var random = SeededGenerator(seed: 1)
        let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
        for start in 0..<16 {
            for end in start..<bytes.count {
                let part = bytes.span.bytes.extracting(start..<end)
                #expect(CRC32C.inTable(part) == CRC32C.inHardware(part))
            }
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

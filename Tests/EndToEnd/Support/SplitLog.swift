import Foundation

/// Makes two segments of a log's only one, so that a test has a sealed one without writing 64 MiB. See docs/storage-format.md.
enum SplitLog {
    private static let headerSize = 64

    /// - Parameter first: the segment's first record.
    static func split(_ folder: String, segment first: UInt64 = 1, before sequence: Int64) throws {
        let path = folder + "/" + String(repeating: "0", count: 20 - String(first).count) + "\(first).log"
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var offset = headerSize
        while offset + 48 <= bytes.count, number(bytes, offset + 16, 8) < UInt64(sequence) {
            let length = 48 + number(bytes, offset + 8, 4) + number(bytes, offset + 12, 4)
            offset += Int(length + 7) & ~7
        }
        guard offset + 48 <= bytes.count, number(bytes, offset + 16, 8) == UInt64(sequence) else { throw Failure("no record \(sequence) in \(path)") }
        var header = Array(bytes[..<headerSize])
        for place in 0..<8 { header[16 + place] = UInt8(truncatingIfNeeded: sequence >> (8 * place)) }
        let checksum = crc32c(header[..<60])
        for place in 0..<4 { header[60 + place] = UInt8(truncatingIfNeeded: checksum >> (8 * place)) }
        let name = String(sequence)
        let second = folder + "/" + String(repeating: "0", count: 20 - name.count) + name + ".log"
        try Data(header + bytes[offset...]).write(to: URL(fileURLWithPath: second))
        try Data(bytes[..<offset]).write(to: URL(fileURLWithPath: path))
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
    }

    static func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
    }
}

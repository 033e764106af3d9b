import CLinux

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds every burst of up to 32 flipped bits.
enum CRC32C {
    /// The checksum of those `bytes` that lie in `range`.
    static func checksum(_ bytes: RawSpan, _ range: Range<Int>) -> UInt32 {
        let part = bytes.extracting(range.clamped(to: 0..<bytes.byteCount))
        return hasHardware ? inHardware(part) : inTable(part)
    }

    static let hasHardware = sb_has_crc32c() != 0

    static func inHardware(_ bytes: RawSpan) -> UInt32 {
        unsafe bytes.withUnsafeBytes { buffer in
            let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard let base = unsafe base else { return 0 }
            return unsafe ~sb_crc32c_hardware(.max, base, buffer.count)
        }
    }

    /// One byte at a time, for processors without the instruction.
    static func inTable(_ bytes: RawSpan) -> UInt32 {
        var state = UInt32.max
        let table = table
        unsafe bytes.withUnsafeBytes { buffer in
            for index in buffer.indices {
                let byte = unsafe buffer[index]
                state = (state >> 8) ^ table[Int(UInt8(truncatingIfNeeded: state) ^ byte)]
            }
        }
        return ~state
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in (crc >> 1) ^ (crc & 1 == 0 ? 0 : 0x82F6_3B78) }
    }
}

/// Numbers in the log's files are little-endian, at any alignment.
extension RawSpan {
    /// The number at `offset`; zero when the bytes end before it, so no file can make this trap. Callers check lengths first.
    func number<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
        guard offset >= 0, byteCount - offset >= MemoryLayout<T>.size else { return 0 }
        return T(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension [UInt8] {
    mutating func append<T: FixedWidthInteger>(number: T) {
        for shift in stride(from: 0, to: T.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Overwrites the bytes at `offset`; does nothing when they are not all there.
    mutating func set<T: FixedWidthInteger & BitwiseCopyable>(number: T, at offset: Int) {
        guard offset >= 0, count - offset >= MemoryLayout<T>.size else { return }
        unsafe withUnsafeMutableBytes { unsafe $0.storeBytes(of: number.littleEndian, toByteOffset: offset, as: T.self) }
    }
}

import Glibc
import IO

extension File {
    private static let chunk = 1 << 20

    /// Where the zeros begin that a part of the file ends with.
    func contentEnd(from start: Int, to end: Int) throws(IOError) -> Int {
        var end = end
        while end > start {
            let count = min(Self.chunk, end - start)
            let bytes = try read(count: count, at: end - count)
            if !bytes.isZero, let last = bytes.lastIndex(where: { $0 != 0 }) { return end - count + last + 1 }
            end -= count
        }
        return start
    }

    /// Whether every byte of a part of the file is zero.
    func isZero(from start: Int, to end: Int) throws(IOError) -> Bool {
        var offset = start
        while offset < end {
            let bytes = try read(count: min(Self.chunk, end - offset), at: offset)
            if bytes.isEmpty { return true }
            if !bytes.isZero { return false }
            offset += bytes.count
        }
        return true
    }

    /// Writes zeros from `start` to `end`, a piece at a time. What is written before a failure stays.
    func writeZeros(from start: Int, to end: Int) throws(IOError) {
        let zeros = [UInt8](repeating: 0, count: min(Self.chunk, max(0, end - start)))
        var offset = start
        while offset < end {
            unsafe try write(zeros.span.bytes.extracting(first: end - offset), at: offset)
            offset += zeros.count
        }
    }
}

extension [UInt8] {
    /// Whether all bytes are zero: the first is, and each is like the one before. The C library compares faster than a loop does.
    fileprivate var isZero: Bool {
        guard let first else { return true }
        return unsafe withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return true }
            return unsafe first == 0 && memcmp(base, base + 1, buffer.count - 1) == 0
        }
    }
}

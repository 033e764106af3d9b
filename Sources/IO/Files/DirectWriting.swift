import CLinux
import Glibc

/// How one file is written: large, aligned pieces straight from memory to the disk, everything else through the page cache.
///
/// A copy to the page cache is what writing a large blob costs most, it drives out what others read, and the blob is synced at once
/// anyway. Where the file system or the disk cannot, the page cache is used; the file's content is the same either way.
package struct DirectWriting: Sendable {
    /// Addresses, offsets and lengths are multiples of it: the block of the disks of today, or a multiple of that.
    package static let alignment = 4096
    /// Below it, waiting for the disk in the middle costs more than the copy.
    package static let least = 64 << 10

    private var isPossible = true
    /// What the descriptor is set to.
    package private(set) var isOn = false
    /// Bytes that were written past the page cache.
    package private(set) var bytes = 0

    package init() {}

    /// Writes all of `bytes` at `offset`.
    package mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, to file: File) throws(IOError) {
        let whole = unsafe wholeBlocks(bytes, at: offset)
        if whole > 0, set(true, file) {
            do throws(IOError) {
                try unsafe file.write(UnsafeRawBufferPointer(rebasing: bytes[..<whole]), at: offset)
                self.bytes &+= whole
                if whole < bytes.count {
                    try end(file)
                    try unsafe file.write(UnsafeRawBufferPointer(rebasing: bytes[whole...]), at: offset &+ whole)
                }
                return
            } catch where error.errno == EINVAL {
                // The disk wants a larger alignment. Nothing else is wrong with it.
                isPossible = false
            }
        }
        try end(file)
        try unsafe file.write(bytes, at: offset)
    }

    /// Before the file is read, or written otherwise.
    package mutating func end(_ file: File) throws(IOError) {
        if isOn, !set(false, file) { throw IOError(errno: Glibc.errno, operation: "set the flags of", path: file.path) }
    }

    private func wholeBlocks(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        guard isPossible, bytes.count >= Self.least, let address = bytes.baseAddress else { return 0 }
        guard offset % Self.alignment == 0, UInt(bitPattern: address) % UInt(Self.alignment) == 0 else { return 0 }
        return bytes.count - bytes.count % Self.alignment
    }

    private mutating func set(_ on: Bool, _ file: File) -> Bool {
        if isOn == on { return true }
        if sb_set_direct(file.descriptor, on ? 1 : 0) == 0 {
            isOn = on
            return true
        }
        if on { isPossible = false }
        return false
    }
}

extension Array where Element == UInt8 {
    /// An array whose last `count` bytes begin where direct writes want them, after fewer than `DirectWriting.alignment` others. It
    /// stays so while nobody shares it; otherwise writes take the page cache, and nothing else changes.
    package static func aligned(count: Int) -> [UInt8] {
        let alignment = DirectWriting.alignment
        var bytes = [UInt8](repeating: 0, count: count + alignment - 1)
        let address = unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        let before = Int((UInt(alignment) - address % UInt(alignment)) % UInt(alignment))
        bytes.removeLast(alignment - 1 - before)
        return bytes
    }
}

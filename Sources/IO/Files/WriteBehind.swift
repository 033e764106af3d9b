import CLinux
import Glibc

/// How a large file is written through the page cache without much of it waiting there: the disk is set to work on each window as soon as
/// it is full, and never has more than a few of them before it. So the sync at the end is short, one transfer cannot fill the memory
/// with what nobody could drop, and who reads the file next finds it in memory.
package struct WriteBehind: Sendable {
    /// Bytes that the disk is given at once.
    package static let window = 8 << 20
    /// How many of them it may have before it.
    package static let most = 4

    private var end = 0
    private var begun = 0
    private var waited = 0

    package init() {}

    /// Bytes that were written and may not have reached the disk.
    var pending: Int { end - waited }

    /// Writes all of `bytes` at `offset`; the first offset may be any, the others follow each other.
    package mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, to file: File) throws(IOError) {
        if end == 0 { (begun, waited) = (offset, offset) }
        try unsafe file.write(bytes, at: offset)
        end = offset &+ bytes.count
        while end - begun >= Self.window {
            try file.writeOut(count: Self.window, at: begun, wait: false)
            begun &+= Self.window
        }
        while begun - waited > Self.most * Self.window {
            try file.writeOut(count: Self.window, at: waited, wait: true)
            waited &+= Self.window
        }
    }
}

import CLinux
import Glibc

/// How the C library keeps memory that was given back.
package enum ProcessMemory {
    /// Makes memory go back to the system when large buffers are done with. Call it before there are other threads.
    ///
    /// The library's own settings suit a process that ends soon: each large buffer that is freed raises the size from which the next
    /// ones are mapped apart, so that snapshots come to lie between small things and hold their space; and each thread may get
    /// an arena of its own. With a million tags that was a fifth of the memory.
    package static func returnWhatIsFreed() {
        _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
        _ = mallopt(M_ARENA_MAX, 4)
    }

    /// Lets go of the pages of the program and its libraries that only the start ran, which is half of what an idle process has resident. What
    /// runs again comes back by itself, from the system's page cache. Answers over how many bytes of code that went; 0 where it cannot be done.
    @discardableResult
    package static func letGoOfStart() -> Int {
        guard let maps = try? File("/proc/self/maps", .read).read(count: 1 << 20, at: 0) else { return 0 }
        var count = 0
        // `7f0000000000-7f0000001000 r-xp offset device inode /path`
        for line in maps.split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 5)
            guard words.count == 6, words[1] == "r-xp", words[5].contains("/") else { continue }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1], let start = unsafe UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
            // Nothing can have written to what is mapped without that right, so its pages are those of the file.
            if unsafe madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED) == 0 { count += Int(ends[1] - ends[0]) }
        }
        return count
    }

    /// Bytes of memory that the machine has.
    package static let installed = max(0, sysconf(Int32(_SC_PHYS_PAGES))) * max(0, sysconf(Int32(_SC_PAGESIZE)))
}

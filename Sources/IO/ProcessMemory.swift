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

    /// Bytes of memory that the machine has.
    package static let installed = max(0, sysconf(Int32(_SC_PHYS_PAGES))) * max(0, sysconf(Int32(_SC_PAGESIZE)))
}

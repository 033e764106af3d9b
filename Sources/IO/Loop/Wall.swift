import CLinux
import Glibc

/// The clock on the wall: for what people and other machines read. It may be set back; deadlines use `Monotonic`.
package enum Wall {
    /// Unix time in milliseconds.
    package static var milliseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

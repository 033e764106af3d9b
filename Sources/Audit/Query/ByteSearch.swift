import Glibc

/// Finds bytes in bytes.
enum ByteSearch {
    /// Where `needle` first stands in `bytes`. The C library finds the first byte fast; what follows is compared there.
    static func first(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let lead = needle.first, let base = bytes.baseAddress, bytes.count >= needle.count else { return nil }
        var start = 0
        let last = bytes.count - needle.count
        while start <= last {
            guard let hit = unsafe memchr(base + start, Int32(lead), last - start + 1) else { return nil }
            let place = unsafe UnsafeRawPointer(hit) - base
            let rest = unsafe UnsafeRawBufferPointer(start: base + place, count: needle.count)
            if unsafe rest.elementsEqual(needle) { return place }
            start = place + 1
        }
        return nil
    }
}

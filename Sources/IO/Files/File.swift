import CLinux
import Glibc

/// An open file, closed when the last reference to it goes. Its calls block: use them in a `BlockingPool` or on a thread of your own.
///
/// Reads and writes name their offset, so any number of threads may share one `File`.
package final class File: Sendable {
    package let path: String
    /// For calls that this type does not have (`sendfile`). Valid only while this object lives.
    package let descriptor: Int32

    /// How a file is opened; `.create` makes it when it is missing, `.exclusive` fails with `EEXIST` when it is not.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }
        package static let read = Flags(rawValue: 1)
        package static let write = Flags(rawValue: 2)
        package static let create = Flags(rawValue: 4)
        package static let exclusive = Flags(rawValue: 8)
        package static let truncate = Flags(rawValue: 16)

        var system: Int32 {
            var flags = contains(.write) ? (contains(.read) ? O_RDWR : O_WRONLY) : O_RDONLY
            if contains(.create) { flags |= O_CREAT }
            if contains(.exclusive) { flags |= O_EXCL }
            if contains(.truncate) { flags |= O_TRUNC }
            return flags
        }
    }

    /// - Parameter mode: the permissions of a file that this call creates.
    package init(_ path: String, _ flags: Flags, mode: UInt32 = 0o644) throws(IOError) {
        try checkPath("open", path)
        self.descriptor = try call(flags.contains(.create) ? "create" : "open", path) { () -> Int32 in
            unsafe sb_open(path, flags.system, mode)
        }
        self.path = path
    }

    deinit { _ = close(descriptor) }

    /// Writes all of `bytes` at `offset`, in as many calls as it takes.
    package func write(_ bytes: RawSpan, at offset: Int) throws(IOError) {
        try unsafe bytes.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) throws(IOError) in
            try unsafe write(buffer, at: offset)
        }
    }

    package func write(_ bytes: [UInt8], at offset: Int) throws(IOError) {
        unsafe try write(bytes.span.bytes, at: offset)
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(IOError) {
        var done = 0
        while done < bytes.count {
            let count = try call("write", path) { () -> Int in
                unsafe pwrite(descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, offset + done)
            }
            // A regular file never takes zero bytes without an error; going round for ever would be worse than this.
            if count == 0 { throw IOError(errno: EIO, operation: "write", path: path) }
            done += count
        }
    }

    /// Fills `buffer` from `offset` as far as the file goes; answers how many bytes that were.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(IOError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try call("read", path) { () -> Int in
                unsafe pread(descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done, offset + done)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Up to `count` bytes from `offset`; fewer only where the file ends.
    package func read(count: Int, at offset: Int) throws(IOError) -> [UInt8] {
        var failure: IOError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            do throws(IOError) {
                filled = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch {
                failure = error
                filled = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Asks for pages to be in memory soon. Only a hint, so it has no error.
    package func readAhead(count: Int, at offset: Int) {
        _ = readahead(descriptor, offset, count)
    }

    /// Reads pages into memory and waits until they are there, but for what the disk may do in another order. Only a hint, so it has no error.
    /// - Parameter further: bytes behind them that are asked for and not waited for.
    package func load(count: Int, further: Int, at offset: Int) {
        readAhead(count: count + further, at: offset)
        var last: UInt8 = 0
        _ = unsafe pread(descriptor, &last, 1, offset + count - 1)
    }

    /// Sets the disk to work on what was written there. It is not durable before `syncData`, which no longer tells of a fault that this has
    /// told of.
    /// - Parameter wait: until the disk has it.
    package func writeOut(count: Int, at offset: Int, wait: Bool) throws(IOError) {
        do throws(IOError) {
            try call("write", path) { sb_write_out(descriptor, off_t(offset), off_t(count), wait ? 1 : 0) }
        } catch where error.errno == ENOSYS || error.errno == EINVAL || error.errno == ESPIPE {
            // A file system that cannot does it all in `syncData`.
        }
    }

    /// The file's data is on disk when this returns, and as much of its metadata (the length) as reading it back takes.
    package func syncData() throws(IOError) {
        try call("sync", path) { fdatasync(descriptor) }
    }

    /// The file's data and all its metadata are on disk when this returns. Its directory entry is not: see `Files.syncDirectory`.
    package func sync() throws(IOError) {
        try call("sync", path) { fsync(descriptor) }
    }

    package func truncate(to length: Int) throws(IOError) {
        try call("truncate", path) { ftruncate(descriptor, length) }
    }

    /// The length in bytes.
    package func size() throws(IOError) -> Int {
        try info().size
    }

    package func info() throws(IOError) -> FileInfo {
        var status = stat()
        try call("examine", path) { unsafe fstat(descriptor, &status) }
        return FileInfo(status)
    }
}

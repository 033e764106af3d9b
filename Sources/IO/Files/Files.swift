import CLinux
import Glibc

/// Calls on names in the file system. All of them block: use them in a `BlockingPool` or on a thread of your own.
package enum Files {
    /// Renames within one file system; a file that has the new name is replaced in one step. Not durable before `syncDirectory`.
    package static func rename(_ path: String, to newPath: String) throws(IOError) {
        try checkPath("rename", path)
        try checkPath("rename", newPath)
        try call("rename", path + " to " + newPath) { unsafe Glibc.rename(path, newPath) }
    }

    /// Gives a file a second name; fails with `EEXIST` when that is taken.
    package static func link(_ path: String, to newPath: String) throws(IOError) {
        try checkPath("link", path)
        try checkPath("link", newPath)
        try call("link", path + " to " + newPath) { unsafe Glibc.link(path, newPath) }
    }

    /// Sets a file's permission bits.
    package static func setMode(_ path: String, _ mode: UInt32) throws(IOError) {
        try checkPath("change the permissions of", path)
        try call("change the permissions of", path) { unsafe Glibc.chmod(path, mode) }
    }

    package static func unlink(_ path: String) throws(IOError) {
        try checkPath("remove", path)
        try call("remove", path) { unsafe Glibc.unlink(path) }
    }

    /// Removes a file that may already be gone; answers whether it was there.
    @discardableResult
    package static func unlinkIfPresent(_ path: String) throws(IOError) -> Bool {
        do throws(IOError) {
            try unlink(path)
            return true
        } catch {
            if error.isNotFound { return false }
            throw error
        }
    }

    /// What is at `path`, or nil when nothing is. A link is followed.
    package static func info(_ path: String) throws(IOError) -> FileInfo? {
        try checkPath("examine", path)
        var status = stat()
        do throws(IOError) {
            try call("examine", path) { unsafe stat(path, &status) }
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
        return FileInfo(status)
    }

    /// As `info`, of a link itself.
    package static func linkInfo(_ path: String) throws(IOError) -> FileInfo? {
        try checkPath("examine", path)
        var status = stat()
        do throws(IOError) {
            try call("examine", path) { unsafe lstat(path, &status) }
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
        return FileInfo(status)
    }

    /// Whether a file is below a directory, links followed. Both must be there; one that is not is in nothing.
    package static func contains(_ directory: String, _ path: String) throws(IOError) -> Bool {
        guard let above = try resolved(directory), let below = try resolved(path) else { return false }
        return below == above || below.hasPrefix(above.hasSuffix("/") ? above : above + "/")
    }

    private static func resolved(_ path: String) throws(IOError) -> String? {
        guard let pointer = unsafe realpath(path, nil) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw IOError(errno: errno, operation: "resolve", path: path)
        }
        defer { unsafe free(pointer) }
        return unsafe String(cString: pointer)
    }

    package static func exists(_ path: String) throws(IOError) -> Bool {
        try info(path) != nil
    }

    /// The whole content of a file, or nil when it is missing; a file longer than `limit` bytes is refused with `EFBIG`.
    package static func read(_ path: String, limit: Int) throws(IOError) -> [UInt8]? {
        let file: File
        do throws(IOError) {
            file = try File(path, .read)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
        // One byte more than allowed tells "too long" without trusting a size that may change in between.
        let size = min(try file.size(), limit)
        let bytes = try file.read(count: size + 1, at: 0)
        if bytes.count <= size { return bytes }
        let rest = try file.read(count: limit - bytes.count + 1, at: bytes.count)
        if bytes.count + rest.count > limit {
            throw IOError(errno: EFBIG, operation: "read", path: path, detail: "it may have at most \(limit) bytes")
        }
        return bytes + rest
    }
}

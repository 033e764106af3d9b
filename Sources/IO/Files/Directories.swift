import CLinux
import Glibc

extension Files {
    /// Creates a directory and every missing one above it, each durable in its parent.
    package static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(IOError) {
        try checkPath("create", path)
        if try isDirectory(path) { return }
        let parent = parent(of: path)
        if parent != path { try makeDirectories(parent, mode: mode) }
        do throws(IOError) {
            try call("create", path) { unsafe mkdir(path, mode) }
        } catch {
            // Someone else may have made it meanwhile.
            if error.errno == EEXIST, try isDirectory(path) { return }
            throw error
        }
        try syncDirectory(parent)
    }

    /// Removes a directory that is empty.
    package static func removeDirectory(_ path: String) throws(IOError) {
        try checkPath("remove", path)
        try call("remove", path) { unsafe rmdir(path) }
    }

    /// The names in a directory, sorted, without `.` and `..`.
    package static func list(_ path: String) throws(IOError) -> [String] {
        try checkPath("list", path)
        guard let stream = unsafe opendir(path) else { throw IOError(errno: errno, operation: "list", path: path) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw IOError(errno: errno, operation: "list", path: path) }
                return names.sorted()
            }
            let name = unsafe String(cString: sb_entry_name(entry))
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// Names that were created, renamed or removed in this directory are on disk when this returns.
    package static func syncDirectory(_ path: String) throws(IOError) {
        try File(path, .read).sync()
    }

    /// `path` from the root on, as the process' working directory now is.
    package static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let directory = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(directory) }
        return unsafe String(cString: directory) + "/" + path
    }

    /// The directory that holds `path`: `a/b` of `a/b/c`, `.` of `a`, `/` of `/a`.
    package static func parent(of path: String) -> String {
        var end = path.utf8.endIndex
        func trimSlashes() {
            while end > path.utf8.startIndex, path.utf8[path.utf8.index(before: end)] == UInt8(ascii: "/") {
                end = path.utf8.index(before: end)
            }
        }
        trimSlashes()
        while end > path.utf8.startIndex, path.utf8[path.utf8.index(before: end)] != UInt8(ascii: "/") {
            end = path.utf8.index(before: end)
        }
        if end == path.utf8.startIndex { return path.hasPrefix("/") ? "/" : "." }
        trimSlashes()
        return end == path.utf8.startIndex ? "/" : String(path[..<end])
    }

    private static func isDirectory(_ path: String) throws(IOError) -> Bool {
        try info(path)?.kind == .directory
    }
}

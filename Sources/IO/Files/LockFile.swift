import CLinux
import Glibc

/// Holds a directory for one process, for as long as this object lives. The kernel lets go of the lock when the process ends, however it ends.
package final class LockFile: Sendable {
    private let file: File

    /// Takes the lock or fails at once, naming the process that has it.
    /// - Parameter path: the lock file, made when missing and never removed (removing it would let two processes each hold "the" lock).
    package init(_ path: String) throws(IOError) {
        let file = try File(path, [.read, .write, .create], mode: 0o600)
        do throws(IOError) {
            try call("lock", path) { flock(file.descriptor, LOCK_EX | LOCK_NB) }
        } catch {
            guard error.errno == EWOULDBLOCK else { throw error }
            throw IOError(errno: error.errno, operation: "lock", path: path, detail: Self.holder(of: file))
        }
        try file.truncate(to: 0)
        try file.write(Array("\(getpid())\n".utf8), at: 0)
        self.file = file
    }

    /// Closing alone would leave the lock with a child that was forked and has not yet become its program.
    deinit { _ = flock(file.descriptor, LOCK_UN) }

    private static func holder(of file: File) -> String {
        let digits = (try? file.read(count: 20, at: 0))?.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ?? []
        let process = digits.isEmpty ? "another process" : "process \(String(decoding: digits, as: UTF8.self))"
        return "\(process) is using this data folder: stop it first, or choose another folder"
    }
}

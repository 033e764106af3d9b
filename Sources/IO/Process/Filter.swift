import CLinux
import Glibc

/// A program that reads its standard input and writes its standard output, such as `gzip`. It gets an empty environment.
package enum Filter {
    /// The first of these paths that is there.
    package static func find(_ name: String) throws(IOError) -> String {
        for folder in ["/usr/bin", "/bin", "/usr/local/bin"] where try Files.exists("\(folder)/\(name)") { return "\(folder)/\(name)" }
        throw IOError(errno: ENOENT, operation: "run", path: name, detail: "install the program \(name)")
    }

    /// Runs a program from one file into another, and waits for its end.
    package static func run(_ program: String, _ arguments: [String], from input: File, into output: File) throws(IOError) {
        try wait(try start(program, arguments, input.descriptor, output.descriptor), program)
    }

    /// Runs a program from a file, and gives what it writes to `each`, piece by piece.
    package static func run(
        _ program: String, _ arguments: [String], from input: File, _ each: ([UInt8]) -> Void
    ) throws(IOError) {
        var ends: [Int32] = [-1, -1]
        try call("open a pipe to", program) { unsafe sb_pipe(&ends) }
        let pid: pid_t
        do throws(IOError) { pid = try start(program, arguments, input.descriptor, ends[1]) } catch {
            close(ends[0])
            close(ends[1])
            throw error
        }
        close(ends[1])
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var failure: IOError?
        while true {
            do throws(IOError) {
                let count = try call("read from", program) { unsafe buffer.withUnsafeMutableBytes { unsafe read(ends[0], $0.baseAddress, $0.count) } }
                if count == 0 { break }
                each(Array(buffer[..<count]))
            } catch {
                failure = error
                break
            }
        }
        close(ends[0])
        try wait(pid, program)
        if let failure { throw failure }
    }

    private static func start(_ program: String, _ arguments: [String], _ input: Int32, _ output: Int32) throws(IOError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The hub ignores SIGPIPE, and a child inherits that.
        var defaults = sigset_t()
        unsafe sigemptyset(&defaults)
        unsafe posix_spawnattr_setsigmask(&attributes, &defaults)
        unsafe sigaddset(&defaults, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let words = unsafe ([program] + arguments).map { unsafe strdup($0) }
        defer { for unsafe word in unsafe words { unsafe free(word) } }
        var argv = unsafe words + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        var pid = pid_t()
        let result = unsafe posix_spawn(&pid, program, &actions, &attributes, &argv, &environment)
        guard result == 0 else { throw IOError(errno: result, operation: "run", path: program) }
        return pid
    }

    private static func wait(_ pid: pid_t, _ program: String) throws(IOError) {
        var status: Int32 = 0
        try call("wait for", program) { unsafe waitpid(pid, &status, 0) }
        guard status == 0 else {
            throw IOError(errno: EIO, operation: "run", path: program, detail: "it ended with status \(status >> 8 & 0xFF), signal \(status & 0x7F)")
        }
    }
}

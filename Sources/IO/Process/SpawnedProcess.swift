import CLinux
import Glibc

/// A child that was started: its number, a descriptor that tells of its end, and its output.
///
/// Its number stays its own until `reap`, so signals cannot hit another process.
struct SpawnedProcess: Sendable {
    let pid: pid_t
    /// Readable when the child has ended.
    let exit: Int32
    /// Both of its output streams, non-blocking.
    let output: Int32

    /// Starts the program. Blocks until it is replaced by the program or could not be.
    static func start(_ command: ProcessCommand) throws(IOError) -> SpawnedProcess {
        for text in [command.program, command.folder] + command.arguments + command.environment.map({ "\($0)=\($1)" }) {
            try checkPath("start", text)
        }
        let input = try inputFile(command.input)
        defer { close(input) }
        let (reading, writing) = try pipe()
        defer { close(writing) }
        do throws(IOError) {
            let pid = try spawn(command, input, writing)
            let exit = sb_pidfd_open(pid)
            guard exit >= 0, fcntl(exit, F_SETFL, O_NONBLOCK) == 0 else {
                let number = errno
                if exit >= 0 { close(exit) }
                killAndReap(pid)
                throw IOError(errno: number, operation: "watch a process of", path: command.program)
            }
            return SpawnedProcess(pid: pid, exit: exit, output: reading)
        } catch {
            close(reading)
            throw error
        }
    }

    /// A file in memory: whoever does not read it holds up nobody.
    private static func inputFile(_ bytes: [UInt8]) throws(IOError) -> Int32 {
        let descriptor = try aboveStandard(sb_memfd(), "create a file in memory")
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress.map { unsafe $0 + done }, bytes.count - done, done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let number = errno
                close(descriptor)
                throw IOError(errno: number, operation: "write", path: "standard input for a process")
            }
            done += count
        }
        return descriptor
    }

    private static func pipe() throws(IOError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe sb_pipe(&ends) == 0 else { throw IOError(errno: errno, operation: "create", path: "a pipe") }
        let writing: Int32
        let reading: Int32
        do throws(IOError) {
            writing = try aboveStandard(ends[1], "create a pipe")
        } catch {
            close(ends[0])
            throw error
        }
        do throws(IOError) {
            reading = try aboveStandard(ends[0], "create a pipe")
        } catch {
            close(writing)
            throw error
        }
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
        return (reading, writing)
    }

    /// Where this process was started with a standard stream closed, a new descriptor may get its number, which the child's
    /// own streams would then overwrite.
    private static func aboveStandard(_ descriptor: Int32, _ operation: String) throws(IOError) -> Int32 {
        guard descriptor >= 0 else { throw IOError(errno: errno, operation: operation, path: "for a process") }
        guard descriptor <= 2 else { return descriptor }
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        let number = errno
        close(descriptor)
        guard moved >= 0 else { throw IOError(errno: number, operation: operation, path: "for a process") }
        return moved
    }

    private static func spawn(_ command: ProcessCommand, _ input: Int32, _ output: Int32) throws(IOError) -> pid_t {
        let words = unsafe CStrings([command.program] + command.arguments)
        let variables = unsafe CStrings(command.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        var pid: pid_t = 0
        // Somebody may just be writing the program, or a child of another thread may for a moment have inherited the
        // descriptor through which it was written.
        for pause: UInt32 in [1, 5, 25, 125, 500, 0] {
            let number = unsafe sb_spawn(&pid, command.program, words.pointers, variables.pointers, command.folder, input, output)
            if number == 0 { return pid }
            guard number == ETXTBSY, pause > 0 else { throw failure(number, command) }
            usleep(pause * 1000)
        }
        throw failure(ETXTBSY, command)
    }

    private static func failure(_ number: Int32, _ command: ProcessCommand) -> IOError {
        var isFolder = stat()
        if unsafe stat(command.folder, &isFolder) != 0 || isFolder.st_mode & S_IFMT != S_IFDIR {
            return IOError(errno: number, operation: "start", path: command.program, detail: "its working folder \(command.folder) cannot be entered")
        }
        let detail: String? = switch number {
        case EACCES: "make it executable (chmod +x) for the user this program runs as"
        case ENOEXEC: "it is no program that this system knows: a script's first line must be like #!/bin/sh"
        case ENOENT: "there is no such file, or the interpreter that its first line names is missing"
        case E2BIG: "its arguments or variables are too long"
        default: nil
        }
        return IOError(errno: number, operation: "start", path: command.program, detail: detail)
    }

    /// Ends a child nobody could watch.
    private static func killAndReap(_ pid: pid_t) {
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }

    /// Whether it has ended. It still has its number then.
    var hasEnded: Bool { sb_has_ended(pid) != 0 }

    /// Signals the child and all that it started and that has not left its process group.
    func signal(_ number: Int32) {
        kill(-pid, number)
    }

    /// Takes the status of a child that has ended; its number may then be given to others.
    func reap() -> ProcessOutcome.End {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 {
            // There is nothing to be known of a child that somebody else has reaped.
            guard errno == EINTR else { return .stuck }
        }
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    }
}

/// A list of C strings that ends with a null pointer, as execve takes it.
@unsafe private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        unsafe count = texts.count
        unsafe pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { unsafe (pointers + index).initialize(to: strdup(text)) }
        unsafe (pointers + texts.count).initialize(to: nil)
    }

    deinit {
        for index in 0..<(unsafe count) { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }
}

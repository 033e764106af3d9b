import CLinux
import Glibc

/// A child that was started: its number, a descriptor that tells of its end, and its output.
///
/// Its number stays its own until `reap`, so signals cannot hit another process. With a `Supervisor` between, the child is that one.
struct SpawnedProcess: Sendable {
    let pid: pid_t
    /// This end of the supervisor's lifeline; -1 without one.
    let lifeline: Int32
    /// Readable when the child has ended.
    let exit: Int32
    /// Both of its output streams, non-blocking.
    let output: Int32

    /// Starts the program. Blocks until it is replaced by the program or could not be.
    /// - Parameter supervisor: a program that runs `Supervisor`; nil for none.
    static func start(_ command: ProcessCommand, supervisor: String? = nil) throws(IOError) -> SpawnedProcess {
        for text in [command.program, command.folder] + command.arguments + command.environment.map({ "\($0)=\($1)" }) {
            try checkPath("start", text)
        }
        let input = try inputFile(command.input)
        defer { close(input) }
        let (reading, writing) = try outputPipe()
        defer { close(writing) }
        var lifeline: (own: Int32, other: Int32) = (-1, -1)
        // The only ends that are left are this one and the supervisor's.
        defer { if lifeline.other >= 0 { close(lifeline.other) } }
        do throws(IOError) {
            if supervisor != nil { lifeline = try socketPair() }
            let pid = try spawn(command, supervisor, input, writing, lifeline.other)
            let exit = sb_pidfd_open(pid)
            guard exit >= 0, fcntl(exit, F_SETFL, O_NONBLOCK) == 0 else {
                let number = errno
                if exit >= 0 { close(exit) }
                let process = SpawnedProcess(pid: pid, lifeline: lifeline.own, exit: -1, output: -1)
                process.signal(SIGKILL)
                _ = process.reap()
                lifeline.own = -1
                throw IOError(errno: number, operation: "watch a process of", path: command.program)
            }
            return SpawnedProcess(pid: pid, lifeline: lifeline.own, exit: exit, output: reading)
        } catch {
            close(reading)
            if lifeline.own >= 0 { close(lifeline.own) }
            throw error
        }
    }

    private static func socketPair() throws(IOError) -> (own: Int32, other: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe sb_socketpair(&ends) == 0 else { throw IOError(errno: errno, operation: "create", path: "a pair of sockets") }
        let other: Int32
        do throws(IOError) { other = try aboveStandard(ends[1], "create a pair of sockets") } catch {
            close(ends[0])
            throw error
        }
        do throws(IOError) { return (try aboveStandard(ends[0], "create a pair of sockets"), other) } catch {
            close(other)
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

    /// Both streams go into one pipe, so that their order is kept; each write comes out of it by itself, so that it is known where
    /// another stream may have come between.
    private static func outputPipe() throws(IOError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe sb_packet_pipe(&ends) == 0 else { throw IOError(errno: errno, operation: "create", path: "a pipe") }
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

    private static func spawn(
        _ command: ProcessCommand, _ supervisor: String?, _ input: Int32, _ output: Int32, _ lifeline: Int32
    ) throws(IOError) -> pid_t {
        let own = supervisor == nil ? [] : Supervisor.words
        let words = unsafe CStrings(own + [command.program] + command.arguments)
        let variables = unsafe CStrings(command.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        var pid: pid_t = 0
        // Somebody may just be writing the program, or a child of another thread may for a moment have inherited the
        // descriptor through which it was written.
        for pause: UInt32 in [1, 5, 25, 125, 500, 0] {
            let number = unsafe sb_spawn(
                &pid, supervisor ?? command.program, words.pointers, variables.pointers, command.folder, input, output, lifeline)
            if number == 0 { return pid }
            guard number == ETXTBSY, pause > 0 else { throw failure(number, command, supervisor) }
            usleep(pause * 1000)
        }
        throw failure(ETXTBSY, command, supervisor)
    }

    /// What a supervisor runs: with its own streams, folder and environment.
    static func startSupervised(_ command: ProcessCommand) throws(IOError) -> pid_t {
        try spawn(command, nil, 0, 1, -1)
    }

    /// - Parameter supervisor: what was started in its place.
    static func failure(_ number: Int32, _ command: ProcessCommand, _ supervisor: String? = nil) -> IOError {
        var isFolder = stat()
        if unsafe stat(command.folder, &isFolder) != 0 || isFolder.st_mode & S_IFMT != S_IFDIR {
            return IOError(errno: number, operation: "start", path: command.program, detail: "its working folder \(command.folder) cannot be entered")
        }
        if let supervisor, number != E2BIG {
            return IOError(
                errno: number, operation: "start", path: "\(supervisor), which supervises \(command.program)",
                detail: number == ENOENT ? "/proc must be mounted" : nil)
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

    /// Whether it has ended. It still has its number then.
    var hasEnded: Bool { sb_has_ended(pid) != 0 }

    /// Signals the child and all that it started: with a supervisor all there is, else what has not left its process group.
    func signal(_ number: Int32) {
        guard lifeline >= 0, number == SIGKILL else { return _ = kill(-pid, number) }
        // Killed itself, it could kill nobody.
        var order = Supervisor.kill
        _ = unsafe send(lifeline, &order, 1, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    /// Why the supervisor could not start the program; nil where it could. To be asked when it has ended.
    func startFailure(_ command: ProcessCommand) -> IOError? {
        guard lifeline >= 0 else { return nil }
        var number: Int32 = 0
        let count = unsafe recv(lifeline, &number, 4, Int32(MSG_DONTWAIT))
        return count == 4 ? Self.failure(number, command) : nil
    }

    /// Takes the status of a child that has ended; its number may then be given to others.
    func reap() -> ProcessOutcome.End {
        defer { if lifeline >= 0 { close(lifeline) } }
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

import CLinux
import Glibc

/// A process between this program and one that it runs, so that nothing of what is run can get away.
///
/// What loses its parent becomes a child of the supervisor's (a *subreaper*), whatever session, group or environment it has made for
/// itself. So the supervisor knows all that there is by asking who is below it, and it ends all that: when the program has
/// ended, when it is told to, and when the other end of its lifeline is closed, as it is by any end of the one who started it.
/// Who kills the supervisor itself with SIGKILL undoes that.
package enum Supervisor {
    /// The first words of its command line, which `main` looks at: nothing that people call.
    package static let words = ["signalbox-supervise", "supervise"]
    /// What, sent through the lifeline, means SIGKILL for all.
    static let kill = UInt8(ascii: "K")

    private static let lifeline: Int32 = 3
    /// What the program left in the background may take to finish (milliseconds).
    private static let background: Int64 = 2_000
    /// From SIGTERM to SIGKILL after the end of the one who started it; shorter than what the next one waits.
    private static let grace: Int64 = 3_000

    /// Runs the program that `words`, a command line of this process, ends with, and ends as it ends. To be called before there
    /// is any other thread.
    package static func main(_ words: [String]) -> Never {
        let command = words.dropFirst(Self.words.count)
        let signals = sb_signals()
        guard let program = command.first, signals >= 0, sb_adopt_orphans() == 0, fcntl(lifeline, F_SETFD, FD_CLOEXEC) == 0 else {
            _exit(71)
        }
        let environment = ProcessVariables.all
        do throws(IOError) {
            let pid = try SpawnedProcess.startSupervised(
                ProcessCommand(program, Array(command.dropFirst()), environment: environment, folder: "."))
            watch(pid, signals)
        } catch {
            var number = error.errno
            _ = unsafe send(lifeline, &number, 4, Int32(MSG_NOSIGNAL))
            _exit(71)
        }
    }

    private static func watch(_ program: pid_t, _ signals: Int32) -> Never {
        var status: Int32?
        var killAt: Int64 = .max
        var hasLifeline = true
        while true {
            guard reap(program, &status) else { end(as: status ?? 71 << 8) }
            let now = Monotonic.milliseconds
            if status != nil { killAt = min(killAt, now + background) }
            if now >= killAt { signal(SIGKILL) }
            // What is being killed may have started something meanwhile.
            let pause = now >= killAt ? 20 : min(killAt - now, 60_000)
            var polled = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0), pollfd(fd: hasLifeline ? lifeline : -1, events: Int16(POLLIN), revents: 0)]
            _ = unsafe poll(&polled, 2, Int32(pause))
            while case let number = sb_next_signal(signals), number != 0 {
                if number != SIGCHLD { signal(SIGTERM) }
            }
            guard polled[1].revents != 0 else { continue }
            var order: UInt8 = 0
            let count = unsafe recv(lifeline, &order, 1, Int32(MSG_DONTWAIT))
            if count == 1 {
                killAt = 0
            } else if count == 0 || errno != EAGAIN {
                hasLifeline = false
                signal(SIGTERM)
                killAt = min(killAt, Monotonic.milliseconds + grace)
            }
        }
    }

    /// Takes the status of all children that have ended; false where none is left.
    private static func reap(_ program: pid_t, _ status: inout Int32?) -> Bool {
        while true {
            var ended: Int32 = 0
            let pid = unsafe waitpid(-1, &ended, WNOHANG)
            if pid == 0 { return true }
            if pid == program { status = ended }
            if pid < 0, errno != EINTR { return false }
        }
    }

    private static func signal(_ number: Int32) {
        let all = ProcessTree().descendants(of: [getpid()])
        // First stopped, they start nothing more, and no shell has a word for the end of its child.
        if number == SIGKILL {
            for pid in all { _ = Glibc.kill(pid, SIGSTOP) }
        }
        for pid in all { _ = Glibc.kill(pid, number) }
    }

    private static func end(as status: Int32) -> Never {
        let number = status & 0x7F
        guard number != 0 else { _exit(status >> 8 & 0xFF) }
        // No core of a process that has done nothing wrong.
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        _ = Glibc.signal(number, SIG_DFL)
        sb_unblock_signals()
        _ = Glibc.kill(getpid(), number)
        _exit(128 + number)
    }
}

/// The environment of this process.
private enum ProcessVariables {
    static var all: [String: String] {
        var variables: [String: String] = [:]
        var place = unsafe environ
        while let entry = unsafe place.pointee {
            let text = unsafe String(cString: entry)
            if let end = text.firstIndex(of: "=") { variables[String(text[..<end])] = String(text[text.index(after: end)...]) }
            unsafe place += 1
        }
        return variables
    }
}

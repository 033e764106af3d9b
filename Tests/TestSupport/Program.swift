import CLinux
import Glibc

/// A program that tests run, found on the `PATH`, in a process group of its own.
///
/// Foundation's `Process` reads past the end of the list of open descriptors where a process has some 1,360 of them, as the tests'
/// own has while one of them opens 1,000 connections; now and then that ends all tests.
package struct Program: Sendable {
    package let pid: Int32

    package struct StartFailure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Starts it.
    /// - Parameters:
    ///   - environment: all of its variables; nil for those of this process.
    ///   - input: a descriptor; -1 for none, as with the next two.
    package init(
        _ command: [String], environment: [String: String]? = nil, folder: String? = nil,
        input: Int32 = -1, output: Int32 = -1, error: Int32 = -1
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (stream, descriptor) in [input, output, error].enumerated() {
            if descriptor >= 0 {
                posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(stream))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(stream), "/dev/null", O_RDWR, 0)
            }
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words = command.map { strdup($0) } + [nil]
        var variables = (environment ?? [:]).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var started = pid_t()
        let number = environment == nil
            ? posix_spawnp(&started, command[0], &actions, &attributes, &words, environ)
            : posix_spawnp(&started, command[0], &actions, &attributes, &words, &variables)
        guard number == 0 else { throw StartFailure(description: "cannot start \(command): \(String(cString: strerror(number)))") }
        pid = started
    }

    /// Whether it ended before so many seconds were over.
    package func hasEnded(within seconds: Double) -> Bool {
        let descriptor = sb_pidfd_open(pid)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let limit = ContinuousClock.now + .seconds(seconds)
        while true {
            let left = (limit - .now) / .milliseconds(1)
            let count = poll(&watched, 1, Int32(clamping: Int(max(0, left.rounded(.up)))))
            if count > 0 || (count == 0 && left <= 0) { return count > 0 }
        }
    }

    /// Waits for its end, for which it must be asked once: the exit code, or the negative number of the signal that killed it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }
}

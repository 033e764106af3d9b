import CLinux
import Glibc

/// Runs programs to their end. A run that waits costs no thread: its end and its output are descriptors of an event loop.
package struct ProcessRunner: Sendable {
    private let loops: EventLoopGroup
    private let pool: BlockingPool
    private let supervisor: String?

    /// - Parameters:
    ///   - pool: where programs are started, which blocks for a moment.
    ///   - supervisor: a program that runs `Supervisor`, so that nothing that is started can hide, nor outlive this process.
    ///     Without one that holds for what stays in the process group only.
    package init(loops: EventLoopGroup, pool: BlockingPool, supervisor: String? = nil) {
        self.loops = loops
        self.pool = pool
        self.supervisor = supervisor
    }

    /// Runs `command` in a session and process group of its own, and leaves nothing of it running: when the program ends,
    /// what it left in the background is killed.
    /// - Parameters:
    ///   - deadline: monotonic milliseconds; then, and when the task is cancelled, the group gets SIGTERM.
    ///   - grace: milliseconds from SIGTERM to SIGKILL.
    ///   - output: is given standard output and standard error, in the order they come, each write (of up to 4 KiB) by itself, on an event
    ///     loop: it must not block.
    @concurrent package func run(
        _ command: ProcessCommand, until deadline: Int64, grace: Int64 = 10_000, output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(IOError) -> ProcessOutcome {
        let supervisor = supervisor
        let process = try await pool.run { () throws(IOError) in try SpawnedProcess.start(command, supervisor: supervisor) }
        let loop = loops.next()
        return try await withTaskExecutorPreference(loop) {
            // The preference takes effect where the task is next scheduled.
            await Task.yield()
            return await Self.supervise(process, command, on: loop, until: deadline, grace: grace, output)
        }.get()
    }

    private static func supervise(
        _ process: SpawnedProcess, _ command: ProcessCommand, on loop: EventLoop, until deadline: Int64, grace: Int64, _ sink: @escaping @Sendable ([UInt8]) -> Void
    ) async -> Result<ProcessOutcome, IOError> {
        let running: RunningProcess
        do throws(StreamError) {
            running = try RunningProcess(process, on: loop)
        } catch {
            process.signal(SIGKILL)
            _ = process.reap()
            return .failure(IOError(errno: ENOMEM, operation: "watch", path: "a process", detail: error.description))
        }
        return await withTaskCancellationHandler {
            async let drained: Void = running.drain(into: sink)
            let stop = await running.untilEnded(deadline, grace: grace)
            running.stopDraining()
            await drained
            if process.hasEnded, let failure = process.startFailure(command) {
                _ = running.finish()
                return .failure(failure)
            }
            return .success(ProcessOutcome(end: running.finish(), stop: stop))
        } onCancel: {
            Task(executorPreference: loop) { running.wake() }
        }
    }
}

/// A program and the descriptors that tell of it.
///
/// `@unchecked Sendable`: all of it is touched on the loop's thread only.
private final class RunningProcess: @unchecked Sendable {
    private let process: SpawnedProcess
    private let exit: Channel
    private let output: Channel
    private let loop: EventLoop
    private var drainsUntil: Int64 = .max

    /// What is in the background may hold the output open for this long after the program's end.
    private static let drainTime: Int64 = 2_000
    /// SIGKILL takes effect at once, but for what hangs within the kernel.
    private static let killTime: Int64 = 10_000

    init(_ process: SpawnedProcess, on loop: EventLoop) throws(StreamError) {
        self.process = process
        self.loop = loop
        do throws(StreamError) {
            exit = try Channel(process.exit, on: loop)
        } catch {
            Glibc.close(process.output)
            throw error
        }
        do throws(StreamError) {
            output = try Channel(process.output, on: loop)
        } catch {
            exit.close()
            throw error
        }
    }

    func wake() { exit.interrupt() }

    /// Waits for the program's end and hastens it where it must be; why it did, if it did.
    func untilEnded(_ deadline: Int64, grace: Int64) async -> ProcessOutcome.Stop? {
        var stop: ProcessOutcome.Stop?
        var signals = [SIGTERM, SIGKILL]
        var limit = deadline
        while !process.hasEnded {
            let now = Monotonic.milliseconds
            if stop == nil, Task.isCancelled { (stop, limit) = (.cancelled, now) }
            if now >= limit {
                guard let signal = signals.first else { return stop }
                stop = stop ?? .timedOut
                signals.removeFirst()
                process.signal(signal)
                limit = now + (signal == SIGTERM ? max(0, min(grace, 3_600_000)) : Self.killTime)
            }
            _ = await exit.wait(.read, until: limit)
        }
        return stop
    }

    /// Reads to the end of the output, or to the time that `stopDraining` sets.
    func drain(into sink: @Sendable ([UInt8]) -> Void) async {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var reads = 0
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(output.descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                sink(Array(buffer[..<count]))
                reads += 1
                // Others on this loop have their turn, however much comes.
                if reads.isMultiple(of: 8) { await Task.yield() }
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                return
            } else if errno == EAGAIN, Monotonic.milliseconds < drainsUntil {
                _ = await output.wait(.read, until: drainsUntil)
                continue
            }
            if Monotonic.milliseconds >= drainsUntil { return }
        }
    }

    func stopDraining() {
        drainsUntil = Monotonic.milliseconds + Self.drainTime
        output.interrupt()
    }

    /// Ends what the program left behind. Before its status is taken, so that the group's number still is its own.
    func finish() -> ProcessOutcome.End {
        process.signal(SIGKILL)
        output.close()
        guard process.hasEnded else {
            reapLater()
            return .stuck
        }
        exit.close()
        return process.reap()
    }

    private func reapLater() {
        Task(executorPreference: loop) {
            while !self.process.hasEnded { _ = await self.exit.wait(.read, until: .max) }
            self.exit.close()
            _ = self.process.reap()
        }
    }
}

package import IO
import Synchronization

/// Looks up names for connections: each name once at a time, however many ask, so that one whose servers do not answer
/// holds up one thread and nobody who asks for another. The look-up blocks and cannot be stopped; those who wait for it can.
///
/// Nothing is remembered: connections are kept, and an answer that changed counts at once.
package final class NameResolver: Sendable {
    package typealias Lookup = @Sendable (_ host: String, _ port: UInt16) throws(StreamError) -> [SocketAddress]
    private typealias Answer = Result<[SocketAddress], HTTPClientError>
    private typealias Continuation = CheckedContinuation<Answer, Never>

    private struct State {
        /// By name, then by number, those who wait for the answer.
        var waiting: [String: [UInt64: Continuation]] = [:]
        var lastNumber: UInt64 = 0
        var turns: NameTurns
    }

    private let pool: BlockingPool
    private let limit: Int
    private let lookup: Lookup
    // A Mutex: a few instructions from loops and from whoever brings an answer.
    private let state: Mutex<State>

    /// - Parameters:
    ///   - pool: whose threads block. Where names of strangers are looked up, it should be for that alone.
    ///   - names: how many different names may be looked up at a time; more are refused.
    ///   - threads: of the pool's, where slow names must not take all of them; the names share them fairly then.
    package init(pool: BlockingPool, names limit: Int = 4096, threads: Int = .max / 8, lookup: @escaping Lookup = Resolver.addresses) {
        state = Mutex(State(turns: NameTurns(limit: threads)))
        self.pool = pool
        self.limit = limit
        self.lookup = lookup
    }

    /// All addresses of `host`, in the order to try them.
    func addresses(of host: String, port: UInt16, until deadline: Int64) async throws(HTTPClientError) -> [SocketAddress] {
        if let ip = IPAddress(host) { return [SocketAddress(ip: ip, port: port)] }
        let number = state.withLock { state in
            state.lastNumber &+= 1
            return state.lastNumber
        }
        let alarm = Task {
            guard deadline != .max else { return }
            let left = (try? Deadline.left(deadline, "waiting")) ?? 0
            guard (try? await Task.sleep(for: .milliseconds(left))) != nil else { return }
            self.stop(number, of: host, HTTPClientError(.timedOut, "looking up \(host) took too long"))
        }
        defer { alarm.cancel() }
        let answer: Answer = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, number, for: host) }
        } onCancel: {
            stop(number, of: host, HTTPClientError(.cancelled, "the request was cancelled"))
        }
        return try answer.get().map { SocketAddress(ip: $0.ip, port: port) }
    }

    private func wait(_ continuation: Continuation, _ number: UInt64, for host: String) {
        enum Step { case ask([String]), wait, refuse }
        let step: Step = state.withLock { state in
            if state.waiting[host] != nil {
                state.waiting[host]?[number] = continuation
                return .wait
            }
            guard state.waiting.count < limit else { return .refuse }
            state.waiting[host] = [number: continuation]
            return .ask(state.turns.add(host))
        }
        switch step {
        case .wait: break
        case .refuse: continuation.resume(returning: .failure(HTTPClientError(.overloaded, "too many names are being looked up")))
        case .ask(let hosts): ask(hosts)
        }
        // Cancelled before it was there to be found.
        if Task.isCancelled { stop(number, of: host, HTTPClientError(.cancelled, "the request was cancelled")) }
    }

    private func ask(_ hosts: [String]) {
        for host in hosts { Task { await ask(host) } }
    }

    private func ask(_ host: String) async {
        let lookup = lookup
        // Timed on its thread: that this process is busy says nothing about the name.
        let (answer, elapsed) = await pool.run { () -> (Answer, Int64) in
            let begin = Monotonic.milliseconds
            let answer: Answer
            do throws(StreamError) {
                answer = .success(try lookup(host, 0))
            } catch {
                answer = .failure(HTTPClientError(.unresolved, error.description))
            }
            return (answer, Monotonic.milliseconds - begin)
        }
        let (waiting, next) = state.withLock { state in
            (state.waiting.removeValue(forKey: host) ?? [:], state.turns.ended(host, after: elapsed))
        }
        ask(next)
        for continuation in waiting.values { continuation.resume(returning: answer) }
    }

    /// Ends one wait. The name stays in the table until its look-up ends, so that nobody begins another beside it.
    private func stop(_ number: UInt64, of host: String, _ error: HTTPClientError) {
        let continuation = state.withLock { $0.waiting[host]?.removeValue(forKey: number) }
        continuation?.resume(returning: .failure(error))
    }
}

import IO
import Synchronization

extension ConnectionPool.Grant {
    var id: ConnectionPool.ConnectionID {
        switch self {
        case .reuse(let id), .connect(let id): id
        }
    }
}

extension HTTPClient {
    /// A slot for a connection to `destination`, after waiting for one where all are in use.
    func acquire(_ destination: Destination, until deadline: Int64) async throws(HTTPClientError) -> ConnectionPool.Grant {
        let (acquisition, evicted, isShutDown) = state.withLock { state in
            let acquisition = state.pool.acquire(destination)
            guard case .granted(_, let closing?) = acquisition else { return (acquisition, ClientConnection?.none, state.pool.isShutDown) }
            return (acquisition, state.idle.removeValue(forKey: closing), false)
        }
        evicted?.stream.close()
        switch acquisition {
        case .granted(let grant, closing: _): return grant
        case .refused where isShutDown: throw HTTPClientError(.shutDown, "the client is shut down")
        case .refused: throw HTTPClientError(.overloaded, "too many requests wait for a connection")
        case .wait(let waiter): return try await wait(waiter, for: destination.origin, until: deadline)
        }
    }

    private func wait(
        _ waiter: ConnectionPool.WaiterID, for origin: Origin, until deadline: Int64
    ) async throws(HTTPClientError) -> ConnectionPool.Grant {
        // The loop has no timer but for sockets; this task sleeps only while all connections are in use.
        let alarm = Task(executorPreference: loop) {
            guard deadline != .max else { return }
            let left = (try? Deadline.left(deadline, "waiting")) ?? 0
            guard (try? await Task.sleep(for: .milliseconds(left))) != nil else { return }
            self.stopWaiting(waiter, HTTPClientError(.timedOut, "waiting for a connection to \(origin) took too long"))
        }
        defer { alarm.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiters.park(waiter, continuation) }?()
            }
        } onCancel: {
            stopWaiting(waiter, HTTPClientError(.cancelled, "the request was cancelled"))
        }
        return try outcome.get()
    }

    private func stopWaiting(_ waiter: ConnectionPool.WaiterID, _ error: HTTPClientError) {
        state.withLock { state in
            state.pool.cancel(waiter) ? state.waiters.settle(waiter, .failure(error)) : nil
        }?()
    }

    /// Takes an idle connection into use and ends its watch. Nil where it is of no use: its end came, or what nobody asked for, and the
    /// watch had not seen that yet.
    func takeIdle(_ id: ConnectionPool.ConnectionID) -> ClientConnection? {
        guard let connection = state.withLock({ $0.idle.removeValue(forKey: id) }) else { return nil }
        connection.stream.channel.interrupt()
        guard connection.stream.isQuiet() else {
            connection.stream.close()
            return nil
        }
        return connection
    }

    /// Gives the slot back; with its connection where that is fit for another exchange.
    func release(_ id: ConnectionPool.ConnectionID, _ destination: Destination, _ connection: ClientConnection?) {
        let (release, resumptions) = state.withLock { state in
            let release = state.pool.release(id, of: destination, reusable: connection != nil)
            if let connection, !release.closes { state.idle[id] = connection }
            if let stamp = release.parked, let connection {
                state.unwatched.append(Unwatched(connection: connection, destination: destination, stamp: stamp))
            }
            return (release, state.serve(release))
        }
        if release.closes { connection?.stream.close() }
        for resume in resumptions { resume() }
        // Most are in use again before the turn ends, and a watch is a task.
        if release.parked != nil { loop.atEndOfTurn(self) }
    }

    package func turnEnded() {
        let unwatched = state.withLock { state in
            Swift.exchange(&state.unwatched, with: []).filter { state.pool.isIdle($0.connection.id, of: $0.destination, stamp: $0.stamp) }
        }
        for idle in unwatched { watch(idle.connection, idle.destination, idle.stamp) }
    }

    /// An idle connection is closed when the server closes it, sends what nobody asked for, or time is up.
    private func watch(_ connection: ClientConnection, _ destination: Destination, _ stamp: UInt64) {
        let (id, stream) = (connection.id, connection.stream)
        let deadline = Deadline.soonest(.max, in: options.idleTimeout)
        Task(executorPreference: loop) {
            // It may be in use again already. From each look to the wait nothing suspends, and all use is on this thread.
            while true {
                guard self.state.withLock({ $0.pool.isIdle(id, of: destination, stamp: stamp) }) else { return }
                // What came with the answer, or before this task ran, wakes nobody.
                guard stream.isQuiet(), await stream.channel.wait(.read, until: deadline) == .ready else { break }
            }
            let resumptions = self.state.withLock { state -> [WaiterTable.Resumption]? in
                guard let release = state.pool.closeIdle(id, of: destination, stamp: stamp) else { return nil }
                state.idle[id] = nil
                return state.serve(release)
            }
            guard let resumptions else { return }
            stream.close()
            for resume in resumptions { resume() }
        }
    }
}

extension HTTPClient.State {
    /// Tells those who wait what a release gives them.
    mutating func serve(_ release: ConnectionPool.Release) -> [WaiterTable.Resumption] {
        release.grants.compactMap { waiters.settle($0.waiter, .success($0.grant)) }
    }
}

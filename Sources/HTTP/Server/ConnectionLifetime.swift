import IO

/// What the server must know of a connection to end it well.
///
/// `@unchecked Sendable`: `task` is set before the connection is listed; all else is touched on the connection's loop only.
final class ConnectionLifetime: @unchecked Sendable {
    let channel: Channel
    var task: Task<Void, Never>?
    /// It waits for a request and owes nobody anything.
    var isIdle = false
    /// It sends an answer that has no end of its own.
    var isStreaming = false
    private(set) var isStopping = false

    init(_ channel: Channel) {
        self.channel = channel
    }

    /// No further request; what is under way is finished. On the loop.
    func drain() {
        isStopping = true
        if isIdle { channel.interrupt() }
        if isStreaming { task?.cancel() }
    }

    /// Ends it as it is. On the loop.
    func abort() {
        isStopping = true
        task?.cancel()
        channel.close()
    }
}

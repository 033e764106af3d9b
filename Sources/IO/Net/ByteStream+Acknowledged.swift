import CLinux
import Glibc

extension ByteStream {
    /// Waits until the peer's side has acknowledged all that was written: it has left this machine, and lies in the peer's kernel at least.
    /// - Parameter deadline: monotonic milliseconds.
    package func waitUntilTaken(until deadline: Int64) async throws(StreamError) {
        while true {
            let error = Socket.pendingError(channel.descriptor)
            guard channel.isOpen, error == 0 else { throw StreamError.system(error == 0 ? ECONNRESET : error, "send to \(peer)") }
            let left = sb_unacknowledged(channel.descriptor)
            if left == 0 { return }
            guard left > 0 else { throw StreamError.system(errno, "see what \(peer) has taken") }
            guard Monotonic.milliseconds < deadline else { throw StreamError(.timedOut, "\(peer) did not take \(left) bytes in time") }
            do { try await Task.sleep(for: .milliseconds(2)) } catch { throw StreamError(.interrupted, "the wait for \(peer) was stopped") }
        }
    }
}

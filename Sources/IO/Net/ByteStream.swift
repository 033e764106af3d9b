import CLinux
import Glibc

/// A connection, plain or TLS, used by one task on its loop. One read and one write may wait at the same time.
package final class ByteStream: Sendable {
    package let peer: SocketAddress
    package let channel: Channel
    let tls: TLSSession?

    /// Takes over `descriptor`. On `loop`'s thread.
    package init(_ descriptor: Int32, peer: SocketAddress, on loop: EventLoop) throws(StreamError) {
        channel = try Channel(descriptor, on: loop)
        self.peer = peer
        tls = nil
    }

    init(channel: Channel, peer: SocketAddress, tls: TLSSession?) {
        self.channel = channel
        self.peer = peer
        self.tls = tls
    }

    package var isTLS: Bool { tls != nil }

    /// Reads what is there, at least one byte, at most as much as `buffer[offset...]` holds; 0 at the peer's orderly end.
    /// - Parameters:
    ///   - limit: at most this many bytes.
    ///   - deadline: monotonic milliseconds (`Monotonic`); `.max` for none.
    package func read(
        into buffer: inout [UInt8], from offset: Int, limit: Int = .max, until deadline: Int64
    ) async throws(StreamError) -> Int {
        while true {
            if tls == nil, channel.isEmpty { try await wait(.read, until: deadline) }
            let outcome = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe attemptRead(UnsafeMutableRawBufferPointer(rebasing: bytes[offset...].prefix(limit)))
            }
            switch outcome {
            case .done(let count): return count
            case .wait(let direction): try await wait(direction, until: deadline)
            case .failed(let error): throw error
            }
        }
    }

    /// Writes all of `bytes`.
    /// - Parameters:
    ///   - more: more follows at once, so the kernel may hold a short packet back for it.
    ///   - stall: how many milliseconds the peer may take no byte at all.
    ///   - deadline: monotonic milliseconds for all of them, however busily the peer takes byte after byte.
    package func write(
        _ bytes: ArraySlice<UInt8>, more: Bool = false, stall: Int64 = .max, until deadline: Int64 = .max
    ) async throws(StreamError) {
        var position = bytes.startIndex
        while position < bytes.endIndex {
            let outcome = unsafe bytes.withUnsafeBytes { all in
                unsafe attemptWrite(UnsafeRawBufferPointer(rebasing: all[(position - bytes.startIndex)...]), more: more)
            }
            switch outcome {
            case .done(let count): position += count
            case .wait(let direction):
                try await wait(direction, until: stall == .max ? deadline : min(deadline, Monotonic.milliseconds + stall))
            case .failed(let error): throw error
            }
        }
    }

    package func write(_ bytes: [UInt8], more: Bool = false, stall: Int64) async throws(StreamError) {
        try await write(bytes[...], more: more, stall: stall)
    }

    /// Sends up to `count` bytes of a file without copying them through this process; plain connections only.
    /// Returns how many went, 0 at the file's end.
    package func sendFile(_ file: Int32, at offset: Int, count: Int, stall: Int64) async throws(StreamError) -> Int {
        while true {
            var position = offset
            let sent = unsafe sendfile(channel.descriptor, file, &position, count)
            if sent >= 0 { return sent }
            switch errno {
            case EINTR: continue
            case EAGAIN: try await wait(.write, until: Monotonic.milliseconds + stall)
            default: throw .system(errno, "send a file to \(peer)")
            }
        }
    }

    /// Closes the connection; TLS says goodbye first. On the loop's thread.
    package func close() {
        if channel.isOpen { tls?.sayGoodbye() }
        channel.close()
    }

    /// Ends our side's sending and leaves the other open, so that an answer still reaches a peer that is writing.
    package func shutdownWrite() {
        guard channel.isOpen else { return }
        tls?.sayGoodbye()
        _ = shutdown(channel.descriptor, Int32(SHUT_WR))
    }

    /// Whether the peer said nothing that is for the application: what TLS says to itself, such as a ticket that comes
    /// behind an answer, is read and does not count. False at the connection's end too. For a connection that nobody reads from.
    package func isQuiet() -> Bool {
        // The loop would have told.
        if tls == nil, channel.isOpen, channel.isEmpty { return true }
        var byte: UInt8 = 0
        let outcome = unsafe withUnsafeMutableBytes(of: &byte) { unsafe attemptRead($0) }
        return if case .wait(.read) = outcome { true } else { false }
    }

    func wait(_ direction: Channel.Direction, until deadline: Int64) async throws(StreamError) {
        // Asked here too: a peer that is always just about ready would never be met waiting by the sweep.
        let isLate = deadline != .max && Monotonic.milliseconds >= deadline
        switch isLate ? .timedOut : await channel.wait(direction, until: deadline) {
        case .ready: return
        case .timedOut: throw StreamError(.timedOut, "\(peer) did not \(direction == .read ? "send" : "take") data in time")
        case .interrupted: throw StreamError(.interrupted, "the connection with \(peer) was stopped")
        }
    }

    enum Outcome {
        case done(Int)
        case wait(Channel.Direction)
        case failed(StreamError)
    }

    private func attemptRead(_ bytes: UnsafeMutableRawBufferPointer) -> Outcome {
        guard channel.isOpen else { return .failed(StreamError(.interrupted, "the connection with \(peer) was stopped")) }
        if let tls { return unsafe tls.read(bytes) }
        while true {
            let count = unsafe recv(channel.descriptor, bytes.baseAddress, bytes.count, 0)
            if count > 0, count < bytes.count { channel.wasEmptied() }
            if count >= 0 { return .done(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                channel.wasEmptied()
                return .wait(.read)
            default: return .failed(.system(errno, "read from \(peer)"))
            }
        }
    }

    private func attemptWrite(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Outcome {
        guard channel.isOpen else { return .failed(StreamError(.interrupted, "the connection with \(peer) was stopped")) }
        if let tls { return unsafe tls.write(bytes) }
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        while true {
            let count = unsafe send(channel.descriptor, bytes.baseAddress, bytes.count, flags)
            if count >= 0 { return .done(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wait(.write)
            default: return .failed(.system(errno, "write to \(peer)"))
            }
        }
    }
}

import CLinux
import Glibc

extension ByteStream {
    /// Connects to `address`. On `loop`'s thread.
    /// - Parameter deadline: monotonic milliseconds.
    package static func connect(
        to address: SocketAddress, on loop: EventLoop, until deadline: Int64
    ) async throws(StreamError) -> ByteStream {
        let descriptor = try Socket.make(for: address)
        Socket.noDelay(descriptor)
        let stream = try ByteStream(descriptor, peer: address, on: loop)
        do throws(StreamError) {
            let result = unsafe address.withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
            guard result == 0 || errno == EINPROGRESS else { throw StreamError.system(errno, "connect to \(address)") }
            if result != 0 {
                try await stream.wait(.write, until: deadline)
                let error = Socket.pendingError(descriptor)
                guard error == 0 else { throw StreamError.system(error, "connect to \(address)") }
            }
            return stream
        } catch {
            stream.close()
            throw error
        }
    }
}

import CLinux
import Glibc

/// A listening TCP socket on one loop.
package final class Listener: Sendable {
    package let address: SocketAddress
    private let channel: Channel

    /// Binds and listens; port 0 lets the kernel choose one, which `address` then says. On `loop`'s thread.
    package init(_ wanted: SocketAddress, on loop: EventLoop) throws(StreamError) {
        let descriptor = try Socket.make(for: wanted)
        do throws(StreamError) {
            Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR)
            if !wanted.ip.isIPv4 { Socket.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
            guard unsafe wanted.withSockaddr({ unsafe bind(descriptor, $0, $1) }) == 0, listen(descriptor, 4096) == 0 else {
                throw StreamError.system(errno, "listen on \(wanted)")
            }
            address = try Socket.localAddress(descriptor)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        channel = try Channel(descriptor, on: loop)
    }

    /// A connection that was accepted and belongs to no loop yet.
    package struct Accepted: Sendable {
        package let descriptor: Int32
        package let peer: SocketAddress
    }

    /// The next connection; throws `.interrupted` once the listener is closed.
    package func accept() async throws(StreamError) -> Accepted {
        while true {
            guard channel.isOpen else { throw StreamError(.interrupted, "the listener is closed") }
            if let accepted = try Socket.accept(channel.descriptor) {
                Socket.noDelay(accepted.descriptor)
                return Accepted(descriptor: accepted.descriptor, peer: accepted.peer)
            }
            _ = await channel.wait(.read, until: .max)
        }
    }

    /// Stops listening: new connections are refused by the kernel from now on. On the loop's thread.
    package func close() {
        channel.close()
    }
}

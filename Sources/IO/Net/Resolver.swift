import CLinux
import Glibc

/// Names to addresses by the system's own resolver, which blocks: so call it in a `BlockingPool`.
package enum Resolver {
    /// All addresses of `host`, in the order to try them. An address is its own answer, without a look-up.
    package static func addresses(of host: String, port: UInt16) throws(StreamError) -> [SocketAddress] {
        if let ip = IPAddress(host) { return [SocketAddress(ip: ip, port: port)] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = unsafe getaddrinfo(host, nil, &hints, &list)
        guard result == 0 else {
            let reason = unsafe String(cString: gai_strerror(result))
            throw StreamError(.unreachable, "cannot resolve \(host): \(reason)")
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = unsafe list
        while let info = unsafe entry?.pointee {
            var storage = sockaddr_storage()
            if let address = unsafe info.ai_addr, unsafe Int(info.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size {
                unsafe memcpy(&storage, address, Int(info.ai_addrlen))
                if let resolved = SocketAddress(storage) {
                    addresses.append(SocketAddress(ip: resolved.ip, port: port))
                }
            }
            unsafe entry = info.ai_next
        }
        guard !addresses.isEmpty else { throw StreamError(.unreachable, "cannot resolve \(host): it has no address") }
        return addresses
    }
}

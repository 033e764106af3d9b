package import IO

/// One request as a handler sees it.
package struct Request: Sendable {
    package let head: RequestHead
    package let isTLS: Bool
    private let peer: SocketAddress
    private let proxies: TrustedProxies

    init(head: RequestHead, peer: SocketAddress, isTLS: Bool, proxies: TrustedProxies) {
        self.head = head
        self.peer = peer
        self.isTLS = isTLS
        self.proxies = proxies
    }

    package var method: HTTPMethod { head.method }
    package var headers: HTTPHeaders { head.headers }
    /// Who asks: of a connection from a trusted proxy, whom that one names.
    package var client: IPAddress { proxies.client(of: peer.ip, headers) }
}

package import IO

/// One request as a handler sees it.
package struct Request: Sendable {
    package let head: RequestHead
    package let peer: SocketAddress
    package let isTLS: Bool

    package init(head: RequestHead, peer: SocketAddress, isTLS: Bool) {
        self.head = head
        self.peer = peer
        self.isTLS = isTLS
    }

    package var method: HTTPMethod { head.method }
    package var headers: HTTPHeaders { head.headers }
}

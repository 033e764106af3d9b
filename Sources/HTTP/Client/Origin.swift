/// Where a connection leads: requests to one origin may share connections. Each request looks for its own, so what that takes is
/// made once.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https

        package var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    /// A name in lower case, or an address; IPv6 without brackets.
    package let host: String
    package let port: UInt16
    /// The Host field's value: the port only where it is not the scheme's own.
    package let authority: String
    private let code: Int

    package init(scheme: Scheme, host: String, port: UInt16) {
        self.scheme = scheme
        self.host = host
        self.port = port
        let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        authority = port == scheme.defaultPort ? shown : "\(shown):\(port)"
        var hasher = Hasher()
        hasher.combine(host)
        hasher.combine(port)
        code = hasher.finalize()
    }

    package static func == (left: Origin, right: Origin) -> Bool {
        left.code == right.code && left.scheme == right.scheme && left.port == right.port && left.host == right.host
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(code) }

    package var description: String { "\(scheme.rawValue)://\(authority)" }
}

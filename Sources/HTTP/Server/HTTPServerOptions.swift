/// Bounds on what a server holds for its clients, and whom it believes. Times are in milliseconds.
package struct HTTPServerOptions: Sendable {
    package var head = HeadLimits()
    /// Open connections; one more is answered 503 and closed.
    package var connections = 10_000
    /// From the end of an answer to the next request's first byte.
    package var idle: Int64 = 75_000
    /// From a request's first byte to the end of its head.
    package var header: Int64 = 20_000
    /// How long a peer may neither send nor take a byte of content.
    package var stall: Int64 = 60_000
    /// Whose word counts about who asks.
    package var proxies = TrustedProxies()

    package init() {}
}

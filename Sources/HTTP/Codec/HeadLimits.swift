/// Bounds on what a stranger may send before it is answered.
package struct HeadLimits: Sendable {
    /// First line and fields together, in bytes. More is 431.
    package var headBytes: Int
    /// Field lines. More is 431.
    package var headerCount: Int
    /// Bytes of the request target. More is 414.
    package var targetBytes: Int

    package init(headBytes: Int = 64 << 10, headerCount: Int = 128, targetBytes: Int = 8 << 10) {
        self.headBytes = max(0, min(headBytes, 16 << 20))
        self.headerCount = max(0, headerCount)
        self.targetBytes = max(0, min(targetBytes, self.headBytes))
    }

    /// A field's name, in bytes.
    static let nameBytes = 256
    /// A request's method, in bytes.
    static let methodBytes = 32
    /// What a request line has beside its method and target: two spaces, the version, CRLF.
    static let requestLineRest = 12
}

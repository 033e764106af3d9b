import JSON

/// The data of `access.denied`: a request that was refused before anybody looked at what it wanted.
package struct AccessDenial: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        /// A web page of another site tried to change something.
        case foreignOrigin = "FOREIGN_ORIGIN"
    }

    package let method: String
    /// Without the query: that may hold secrets.
    package let path: String
    package let reason: Reason

    package init(method: String, path: String, reason: Reason) {
        self.method = String(method.prefix(32))
        self.path = String(path.prefix(256))
        self.reason = reason
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("action", method)
        writer.member("path", path)
        writer.member("reason", reason.rawValue)
    }

    init(_ data: Fields) throws(EventError) {
        method = try data.string("action")
        path = try data.string("path")
        guard let reason = Reason(rawValue: try data.string("reason")) else { throw data.wrong("reason", "is not a known reason") }
        self.reason = reason
    }
}

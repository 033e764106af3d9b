import JSON

/// The data of `access.denied`: a request that was refused because of who made it, or of what it was about.
package struct AccessDenial: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        /// A web page of another site tried to change something.
        case foreignOrigin = "FOREIGN_ORIGIN"
        /// Somebody wanted to approve a deployment who may not.
        case notApprover = "NOT_APPROVER"
        /// Somebody wanted to change over the API what is set in the config file.
        case setInConfigFile = "SET_IN_CONFIG_FILE"
    }

    package let method: String
    /// Without the query: that may hold secrets.
    package let path: String
    package let reason: Reason
    /// How many for the same reason came since the one that was recorded before, and were only counted.
    package var unrecorded: Int64 = 0

    package init(method: String, path: String, reason: Reason) {
        self.method = String(method.prefix(32))
        self.path = String(path.prefix(256))
        self.reason = reason
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("action", method)
        writer.member("path", path)
        writer.member("reason", reason.rawValue)
        if unrecorded > 0 { writer.member("unrecorded", unrecorded) }
    }

    init(_ data: Fields) throws(EventError) {
        method = try data.string("action")
        path = try data.string("path")
        guard let reason = Reason(rawValue: try data.string("reason")) else { throw data.wrong("reason", "is not a known reason") }
        self.reason = reason
        if data.value("unrecorded") != nil { unrecorded = try data.size("unrecorded") }
    }
}

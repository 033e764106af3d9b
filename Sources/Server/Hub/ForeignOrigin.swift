import HTTP
import IO

/// A web page of somebody else, open in the browser of someone who can reach the hub, must not change anything.
/// Browsers send `Origin` with every change; other clients do not.
enum ForeignOrigin {
    /// Why a change is refused; nil where it may go on.
    ///
    /// The page must come from the hub itself, under a name that is the hub's: an address, `localhost`, or the configured
    /// one. A name that a stranger's DNS points here (rebinding) is none of these.
    static func refusal(_ request: Request, host: String) -> String? {
        guard request.method != .get, request.method != .head, request.method != .options else { return nil }
        guard let origin = request.headers[.origin] else { return nil }
        if let authority = request.head.authority, ["http://\(authority)", "https://\(authority)"].contains(origin),
            isOwn(authority, host)
        {
            return nil
        }
        return "a page of \(origin.prefix(200)) may not change anything here"
    }

    private static func isOwn(_ authority: String, _ host: String) -> Bool {
        if authority == host { return true }
        let name = HostPort(authority)?.host ?? HostPort(authority + ":80")?.host ?? authority
        return name == "localhost" || IPAddress(name) != nil
    }
}

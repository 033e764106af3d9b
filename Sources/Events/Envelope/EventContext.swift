import JSON

/// Who caused an event.
package struct Actor: Hashable, Sendable {
    package let name: String
    /// `anonymous`, `user`, `system`, and what later versions add.
    package let kind: String

    package init(name: String, kind: String) {
        self.name = name.cut(to: 256)
        self.kind = kind.cut(to: 64)
    }

    package static let anonymous = Actor(name: "anonymous", kind: "anonymous")
    package static func user(_ name: String) -> Actor { Actor(name: name, kind: "user") }
    /// The hub itself, such as when it disables a webhook.
    package static func system(_ name: String) -> Actor { Actor(name: name, kind: "system") }
}

/// The request that caused an event. Each part is cut to a length: a client chooses some of them, and they are stored
/// for good.
package struct RequestInfo: Hashable, Sendable {
    package let id: String
    package let address: String
    package let userAgent: String
    package let method: String

    package init(id: String, address: String, userAgent: String, method: String) {
        self.id = id.cut(to: 128)
        self.address = address.cut(to: 128)
        self.userAgent = userAgent.cut(to: 256)
        self.method = method.cut(to: 32)
    }
}

/// What every event says about its cause.
package struct EventContext: Hashable, Sendable {
    package let actor: Actor
    package let request: RequestInfo

    package init(actor: Actor, request: RequestInfo) {
        self.actor = actor
        self.request = request
    }

    /// What the hub does of itself, or a command on the folder of a stopped one.
    package static func system(_ name: String) -> EventContext {
        EventContext(actor: .system(name), request: RequestInfo(id: "", address: "", userAgent: "Signalbox", method: ""))
    }

    func encode(into writer: inout JSONWriter) {
        writer.key("actor")
        writer.beginObject()
        writer.member("name", actor.name)
        writer.member("kind", actor.kind)
        writer.endObject()
        writer.key("request")
        writer.beginObject()
        writer.member("id", request.id)
        writer.member("address", request.address)
        writer.member("userAgent", request.userAgent)
        writer.member("method", request.method)
        writer.endObject()
    }

    init(_ data: Fields) throws(EventError) {
        let actor = try data.fields("actor")
        let request = try data.fields("request")
        self.actor = Actor(name: try actor.string("name"), kind: try actor.string("kind"))
        self.request = RequestInfo(
            id: try request.string("id"), address: try request.string("address"),
            userAgent: try request.string("userAgent"), method: try request.string("method"))
    }
}

extension String {
    /// At most `count` bytes of UTF-8, ending between characters.
    fileprivate func cut(to count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(startIndex, offsetBy: count)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}

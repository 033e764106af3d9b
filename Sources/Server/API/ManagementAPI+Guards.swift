import Events
import HTTP
import JSON
import Registry

extension ManagementAPI {
    func listGuards() -> Response {
        json(.ok) { json in
            json.beginObject()
            json.key("guards")
            json.beginArray()
            for view in services.registry.guards() { write(view, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    func showGuard(_ name: String) throws -> Response {
        guard let view = services.registry.guardRule(named: name) else {
            throw Problem(.notFound, "not-found", "there is no guard \(name)")
        }
        return json(.ok) { write(view, to: &$0) }
    }

    /// 201 where the rule is new, 200 where it was there.
    func putGuard(_ name: String, _ request: Request, _ body: RequestBody) async throws -> Response {
        let reader = try await object(request, body, keys: GuardSettings.keys)
        if let inner = try reader.string("name"), inner != name {
            throw reader.failure("name", "must be the name in the path, \"\(name)\"")
        }
        let settings = try GuardSettings(name: name, from: reader)
        let outcome = try await services.registry.putGuard(settings, context: request.context())
        return json(outcome == .created ? .created : .ok) { write(GuardView(settings: settings, isConfigured: false), to: &$0) }
    }

    func removeGuard(_ name: String, _ request: Request) async throws -> Response {
        try await services.registry.deleteGuard(named: name, context: request.context())
        return Response(.noContent)
    }

    private func write(_ view: GuardView, to json: inout JSONWriter) {
        json.beginObject()
        view.settings.encodeMembers(into: &json)
        json.member("source", view.isConfigured ? "config" : "api")
        json.endObject()
    }
}

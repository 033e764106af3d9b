import JSON

@testable import Delivery

/// Argo CD Image Updater's webhook handlers, after its sources.
enum ArgoReceiver {
    /// `type` decides: anything with "container" or "image" in it is a push. The subject is what it falls back on, cut at its
    /// first colon. `data.registry` must be a text.
    static func cloudEvents(contentType: String, headers: [String: String], secret: String?, _ body: JSONValue) throws -> SeenImage {
        guard contentType.contains("application/json") || contentType.contains("application/cloudevents+json") else {
            throw BadRequest(reason: "invalid content type")
        }
        if let secret, headers["X-Webhook-Secret"] != secret { throw BadRequest(reason: "invalid webhook secret") }
        let event = GoJSON(value: body)
        try event.check(strings: ["source", "id", "time", "datacontenttype"])
        guard try !event.string("specversion").isEmpty else { throw BadRequest(reason: "missing specversion") }
        let type = try event.string("type")
        guard type.contains("container") || type.contains("image") else { throw BadRequest(reason: "unsupported type \(type)") }
        var (repository, tag) = ("", "")
        let subject = try event.string("subject")
        if let colon = subject.firstIndex(of: ":") {
            (repository, tag) = (String(subject[..<colon]), String(subject[subject.index(after: colon)...]))
        }
        let data = body["data"]
        repository = data?["repositoryName"]?.string ?? data?["repository"]?.string ?? repository
        tag = data?["imageTag"]?.string ?? data?["tag"]?.string ?? tag
        let digest = data?["imageDigest"]?.string ?? data?["digest"]?.string ?? ""
        guard let registry = data?["registryUrl"]?.string ?? data?["registry"]?.string, !registry.isEmpty, !repository.isEmpty,
            !tag.isEmpty
        else { throw BadRequest(reason: "repository, tag or registry not found") }
        return SeenImage(repository: "\(registry)/\(repository)", tag: tag, digest: digest)
    }

    static func harbor(contentType: String, headers: [String: String], secret: String?, _ body: JSONValue) throws -> SeenImage {
        guard contentType.contains("application/json") else { throw BadRequest(reason: "invalid content type") }
        if let secret, headers["Authorization"] != secret { throw BadRequest(reason: "invalid webhook secret") }
        let hook = GoJSON(value: body)
        guard try hook.string("type") == "PUSH_ARTIFACT" else { throw BadRequest(reason: "unsupported event type") }
        _ = try hook.int("occur_at")
        let data = try hook.member("event_data")
        let repository = try data.member("repository")
        guard let resource = try data.array("resources").first else { throw BadRequest(reason: "no resources found") }
        let (tag, name) = (try resource.string("tag"), try repository.string("repo_full_name"))
        guard !tag.isEmpty, !name.isEmpty else { throw BadRequest(reason: "tag or repository not found") }
        let host = try resource.string("resource_url").split(separator: "/").first.map(String.init) ?? "harbor"
        return SeenImage(repository: "\(host)/\(name)", tag: tag, digest: try resource.string("digest"))
    }
}

/// Flux's notification-controller, after its sources.
enum FluxReceiver {
    static func harbor(headers: [String: String], token: String) throws {
        guard headers["Authorization"] == token else { throw BadRequest(reason: "the Authorization header does not match") }
    }

    static func dockerHub(_ body: JSONValue) throws -> (url: String, tag: String) {
        let hook = GoJSON(value: body)
        return (try hook.member("repository").string("repo_url"), try hook.member("push_data").string("tag"))
    }

    /// Reads a CDEvent of 0.4 and checks it against the specification's schema of its type; then the header is compared with
    /// the receiver's list of events.
    static func cdEvents(headers: [String: String], events: [String], _ body: JSONValue) throws {
        let schemas: [String: (subject: String, required: Set<String>, content: Set<String>)] = [
            "dev.cdevents.artifact.published.0.2.0": ("artifact", [], ["sbom", "user"]),
            "dev.cdevents.artifact.deleted.0.1.0": ("artifact", [], ["user"]),
            "dev.cdevents.service.deployed.0.2.0": ("service", ["environment", "artifactId"], ["environment", "artifactId"]),
            "dev.cdevents.environment.modified.0.2.0": ("environment", [], ["name", "url"]),
        ]
        let (context, subject) = (body["context"], body["subject"])
        guard let type = context?["type"]?.string, let schema = schemas[type] else { throw BadRequest(reason: "unknown type") }
        try keys(body, required: ["context", "subject"], allowed: ["customData", "customDataContentType"])
        try keys(context, required: ["version", "id", "source", "type", "timestamp"], allowed: ["schemaUri", "chainId", "links"])
        try keys(subject, required: ["id", "type", "content"], allowed: ["source"])
        try keys(subject?["content"], required: schema.required, allowed: schema.content)
        guard subject?["type"]?.string == schema.subject else { throw BadRequest(reason: "the subject's type") }
        for text in ["id", "source", "timestamp", "version"] where context?[text]?.string?.isEmpty ?? true {
            throw BadRequest(reason: "context.\(text) is empty")
        }
        guard subject?["id"]?.string?.isEmpty == false, subject?["content"]?["user"]?.string?.isEmpty != true else {
            throw BadRequest(reason: "an empty text")
        }
        guard events.isEmpty || events.contains(where: { $0.lowercased() == headers["ce-type"]?.lowercased() }) else {
            throw BadRequest(reason: "the event \(headers["ce-type"] ?? "") is not authorised")
        }
    }

    private static func keys(_ value: JSONValue?, required: Set<String>, allowed: Set<String>) throws {
        guard let keys = value?.object.map({ Set($0.members.map(\.key)) }), required.isSubset(of: keys),
            keys.isSubset(of: required.union(allowed))
        else { throw BadRequest(reason: "members \(value?.object?.members.map(\.key) ?? [])") }
    }
}

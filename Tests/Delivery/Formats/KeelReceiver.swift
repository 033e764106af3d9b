import JSON

/// Keel's handlers under `/v1/webhooks/`, after its sources: what each reads, what it refuses, and which image it sees.
enum KeelReceiver {
    static func dockerHub(_ body: JSONValue) throws -> [SeenImage] {
        let hook = GoJSON(value: body)
        let push = try hook.member("push_data")
        try push.check(strings: ["tag", "pusher"], ints: ["pushed_at"])
        _ = try push.array("images")
        _ = try hook.string("callback_url")
        let repository = try hook.member("repository")
        try repository.check(
            strings: ["status", "description", "full_description", "repo_url", "owner", "name", "namespace", "dockerfile"],
            ints: ["star_count", "comment_count", "date_created"], bools: ["is_trusted", "is_official", "is_private"])
        let (name, tag) = (try repository.string("repo_name"), try push.string("tag"))
        guard !name.isEmpty else { throw BadRequest(reason: "repository name cannot be empty") }
        guard !tag.isEmpty else { throw BadRequest(reason: "repository tag cannot be empty") }
        return [SeenImage(repository: name, tag: tag)]
    }

    static func harbor(_ body: JSONValue) throws -> [SeenImage] {
        let hook = GoJSON(value: body)
        try hook.check(strings: ["operator"], ints: ["occur_at"])
        let data = try hook.member("event_data")
        try data.member("repository").check(
            strings: ["name", "namespace", "repo_full_name", "repo_type"], ints: ["date_created"])
        let resources = try data.array("resources")
        for resource in resources { try resource.check(strings: ["digest", "tag", "resource_url"]) }
        guard ["pushImage", "PUSH_ARTIFACT"].contains(try hook.string("type")) else { return [] }
        return try resources.map { resource in
            guard let image = reference(try resource.string("resource_url")) else { throw BadRequest(reason: "resource_url") }
            return SeenImage(repository: image.repository, tag: image.tag, digest: try resource.string("digest"))
        }
    }

    /// Distribution's notifications. Only pushes with a tag count, and the host comes from the request.
    static func registry(_ body: JSONValue) throws -> [SeenImage] {
        try GoJSON(value: body).array("events").compactMap { event in
            let (target, request) = (try event.member("target"), try event.member("request"))
            try event.check(strings: ["id", "timestamp"])
            try target.check(strings: ["mediaType", "url"], ints: ["size", "length"])
            try request.check(strings: ["id", "addr", "method", "useragent"])
            _ = try event.member("actor").string("name")
            try event.member("source").check(strings: ["addr", "instanceID"])
            let tag = try target.string("tag")
            guard try event.string("action") == "push", !tag.isEmpty else { return nil }
            return SeenImage(
                repository: "\(try request.string("host"))/\(try target.string("repository"))", tag: tag,
                digest: try target.string("digest"))
        }
    }

    /// An image reference: a first part with a dot or a colon is a host, else the image is Docker Hub's. A digest takes the
    /// tag's place; without either the tag is `latest`.
    static func reference(_ text: String) -> (repository: String, tag: String)? {
        var rest = text
        for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) { rest.removeFirst(scheme.count) }
        var tag = "latest"
        if let at = rest.firstIndex(of: "@") {
            tag = String(rest[rest.index(after: at)...])
            rest = String(rest[..<at])
        } else if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = String(rest[rest.index(after: colon)...])
            rest = String(rest[..<colon])
        }
        guard !rest.isEmpty, !tag.isEmpty, let first = rest.split(separator: "/").first else { return nil }
        let isHost = rest.contains("/") && (first.contains(".") || first.contains(":") || first == "localhost")
        return (isHost ? rest : "index.docker.io/" + rest, tag)
    }
}

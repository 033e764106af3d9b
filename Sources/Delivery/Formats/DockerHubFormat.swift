import Events
import JSON
import OCI

/// What Docker Hub posts when a tag is pushed; it tells of nothing else. Times are whole seconds, which all receivers read.
enum DockerHubFormat {
    static func payload(_ document: EventDocument, _ options: FormatOptions) -> FormattedPayload? {
        guard case .imagePushed(let change) = document.event.payload, let tag = change.tag else { return nil }
        let parts = RepositoryParts(change.repository)
        let body = JSONWriter.document { json in
            // Docker Hub waits for a word from its receiver there; this registry does not.
            json.member("callback_url", "")
            json.object("push_data") { json in
                json.key("images")
                json.beginArray()
                json.endArray()
                json.member("pushed_at", document.seconds)
                json.member("pusher", document.actor)
                json.member("tag", tag.text)
            }
            json.object("repository") { encode(parts, options, into: &$0) }
        }
        return FormattedPayload("application/json", body: body)
    }

    /// All members that Docker Hub has; what this registry does not know of a repository is empty or 0.
    private static func encode(_ parts: RepositoryParts, _ options: FormatOptions, into json: inout JSONWriter) {
        json.member("comment_count", 0)
        json.member("date_created", 0)
        json.member("description", "")
        json.member("dockerfile", "")
        json.member("full_description", "")
        json.member("is_official", false)
        json.member("is_private", true)
        json.member("is_trusted", false)
        json.member("name", parts.name)
        json.member("namespace", parts.namespace)
        json.member("owner", parts.namespace)
        json.member("repo_name", parts.full)
        json.member("repo_url", "\(options.publicURL)/\(parts.full)")
        json.member("star_count", 0)
        json.member("status", "Active")
    }
}

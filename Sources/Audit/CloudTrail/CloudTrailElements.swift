import JSON

/// What was asked for and what came of it: `requestParameters` and `responseElements`.
struct CloudTrailElements {
    let event: JSONValue
    let data: JSONValue

    private var type: String { event["type"]?.string ?? "" }
    private var repository: String { data["repository"]?.string ?? "" }

    func encode(into json: inout JSONWriter, refused: Bool) {
        switch type {
        case "io.signalbox.image.pushed": put(into: &json)
        case "io.signalbox.tag.rejected" where data["action"]?.string != "delete": put(into: &json, refused: true)
        case "io.signalbox.image.deleted", "io.signalbox.tag.rejected": delete(into: &json, refused: refused)
        case "io.signalbox.repository.created": create(into: &json)
        default: other(into: &json)
        }
    }

    private func put(into json: inout JSONWriter, refused: Bool = false) {
        json.key("requestParameters")
        json.beginObject()
        json.member("repositoryName", repository)
        json.member("imageTag", ifPresent: data["tag"]?.string)
        json.member("imageDigest", ifPresent: data["digest"]?.string)
        json.member("imageManifestMediaType", ifPresent: data["mediaType"]?.string)
        json.member("registryId", CloudTrailRecord.account)
        json.endObject()
        json.key("responseElements")
        if refused { return json.null() }
        json.beginObject()
        json.key("image")
        json.beginObject()
        json.member("repositoryName", repository)
        json.member("registryId", CloudTrailRecord.account)
        json.key("imageId")
        imageID(into: &json)
        json.member("imageManifestMediaType", ifPresent: data["mediaType"]?.string)
        json.endObject()
        json.endObject()
    }

    private func delete(into json: inout JSONWriter, refused: Bool) {
        json.key("requestParameters")
        json.beginObject()
        json.member("repositoryName", repository)
        json.member("registryId", CloudTrailRecord.account)
        json.key("imageIds")
        json.beginArray()
        imageID(into: &json)
        json.endArray()
        json.endObject()
        json.key("responseElements")
        if refused { return json.null() }
        json.beginObject()
        json.key("imageIds")
        json.beginArray()
        imageID(into: &json)
        json.endArray()
        json.key("failures")
        json.beginArray()
        json.endArray()
        json.endObject()
    }

    private func create(into json: inout JSONWriter) {
        json.key("requestParameters")
        json.beginObject()
        json.member("repositoryName", repository)
        json.endObject()
        json.key("responseElements")
        json.beginObject()
        json.key("repository")
        json.beginObject()
        json.member("repositoryArn", CloudTrailRecord.arn(repository))
        json.member("registryId", CloudTrailRecord.account)
        json.member("repositoryName", repository)
        json.member("repositoryUri", "\(data["registry"]?.string ?? "")/\(repository)")
        json.endObject()
        json.endObject()
    }

    private func imageID(into json: inout JSONWriter) {
        json.beginObject()
        json.member("imageDigest", ifPresent: data["digest"]?.string)
        json.member("imageTag", ifPresent: data["tag"]?.string)
        json.endObject()
    }

    /// What AWS has no shape for: the event's own data without who and from where, which have places of their own.
    private func other(into json: inout JSONWriter) {
        json.key("requestParameters")
        json.beginObject()
        for member in data.object?.members ?? [] where !["actor", "request", "registry"].contains(member.key) {
            json.key(named: member.key)
            json.value(member.value)
        }
        json.endObject()
        json.key("responseElements")
        json.null()
    }
}

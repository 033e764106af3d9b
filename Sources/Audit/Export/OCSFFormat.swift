import JSON

/// Events as the Open Cybersecurity Schema Framework has them: class API Activity (6003).
enum OCSFFormat {
    static let version = "1.6.0"
    private static let category = 6
    private static let classID = 6003

    private enum Activity: Int {
        case create = 1, read, update, delete
        case other = 99

        var name: String {
            switch self {
            case .create: "Create"
            case .read: "Read"
            case .update: "Update"
            case .delete: "Delete"
            case .other: "Other"
            }
        }

        init(type: String, action: String?) {
            switch type.split(separator: ".").last ?? "" {
            case "created", "pushed", "restored": self = .create
            case "pulled": self = .read
            case "updated", "changed", "disabled", "enabled", "paused", "resumed", "pinned", "unpinned": self = .update
            case "deleted": self = .delete
            case "rejected" where action == "delete": self = .delete
            case "rejected" where action == "overwrite": self = .update
            default: self = .other
            }
        }
    }

    static func encode(_ event: JSONValue) -> [UInt8] {
        let type = event["type"]?.string ?? ""
        let data = event["data"]
        let request = data?["request"]
        let activity = Activity(type: type, action: data?["action"]?.string)
        let outcome = Outcome(type: type)
        let name = CloudTrailName(type: type, action: data?["action"]?.string)
        var json = JSONWriter()
        json.beginObject()
        json.member("category_uid", category)
        json.member("category_name", "Application Activity")
        json.member("class_uid", classID)
        json.member("class_name", "API Activity")
        json.member("activity_id", activity.rawValue)
        json.member("activity_name", activity == .other ? name.name : activity.name)
        json.member("type_uid", classID * 100 + activity.rawValue)
        json.member("type_name", "API Activity: \(activity.name)")
        json.member("time", ExportFormat.time(event))
        json.member("severity_id", outcome == .success ? 1 : outcome == .refused ? 3 : 2)
        json.member("severity", outcome == .success ? "Informational" : outcome == .refused ? "Medium" : "Low")
        json.member("status_id", outcome == .success ? 1 : 2)
        json.member("status", outcome == .success ? "Success" : "Failure")
        if let error = name.error { json.member("status_code", error) }
        json.member("status_detail", ifPresent: outcome == .success ? nil : data?["reason"]?.string)
        json.member("message", "\(type) \(event["subject"]?.string ?? "")")
        metadata(event, type, into: &json)
        actor(data, into: &json)
        json.key("api")
        json.beginObject()
        json.member("operation", name.name)
        json.key("service")
        json.beginObject()
        json.member("name", name.source)
        json.endObject()
        if let id = request?["id"]?.string, !id.isEmpty {
            json.key("request")
            json.beginObject()
            json.member("uid", id)
            json.endObject()
        }
        json.endObject()
        json.key("src_endpoint")
        json.beginObject()
        if let address = request?["address"]?.string, !address.isEmpty { json.member("ip", address) } else { json.member("name", "signalbox") }
        json.endObject()
        if let method = request?["method"]?.string, !method.isEmpty {
            json.key("http_request")
            json.beginObject()
            json.member("http_method", method)
            json.member("user_agent", request?["userAgent"]?.string ?? "")
            json.endObject()
        }
        resources(event, data, into: &json)
        json.key("unmapped")
        json.value(.object(unmapped(data)))
        json.endObject()
        return json.bytes
    }

    private static func metadata(_ event: JSONValue, _ type: String, into json: inout JSONWriter) {
        json.key("metadata")
        json.beginObject()
        json.member("version", version)
        json.member("uid", event["id"]?.string ?? "")
        json.member("event_code", type)
        if let sequence = event["sequence"]?.string.flatMap({ Int64($0) }) { json.member("sequence", sequence) }
        json.member("log_name", "audit")
        json.member("log_provider", event["source"]?.string ?? "")
        json.member("original_time", event["time"]?.string ?? "")
        json.key("product")
        json.beginObject()
        json.member("name", "Signalbox")
        json.member("vendor_name", "Signalbox")
        json.endObject()
        json.endObject()
    }

    private static func actor(_ data: JSONValue?, into json: inout JSONWriter) {
        let kind = data?["actor"]?["kind"]?.string ?? ""
        json.key("actor")
        json.beginObject()
        json.key("user")
        json.beginObject()
        json.member("name", data?["actor"]?["name"]?.string ?? "")
        json.member("type", kind)
        json.member("type_id", kind == "user" ? 1 : kind == "system" ? 3 : kind == "anonymous" ? 0 : 99)
        json.endObject()
        json.endObject()
    }

    private static func resources(_ event: JSONValue, _ data: JSONValue?, into json: inout JSONWriter) {
        json.key("resources")
        json.beginArray()
        json.beginObject()
        if let repository = data?["repository"]?.string {
            json.member("type", data?["digest"] == nil ? "Repository" : "Image")
            json.member("name", data?["tag"]?.string.map { "\(repository):\($0)" } ?? repository)
            json.member("uid", ifPresent: data?["digest"]?.string)
        } else {
            json.member("type", "Setting")
            json.member("name", event["subject"]?.string ?? "")
        }
        json.endObject()
        json.endArray()
    }

    /// What the schema has no place for.
    private static func unmapped(_ data: JSONValue?) -> JSONObject {
        var object = JSONObject()
        for member in data?.object?.members ?? [] where !["actor", "request", "repository", "tag", "digest"].contains(member.key) {
            object[member.key] = member.value
        }
        return object
    }
}

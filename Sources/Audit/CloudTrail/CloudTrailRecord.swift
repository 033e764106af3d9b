package import JSON

/// An event in the shape of CloudTrail's records, as ECR writes them.
package struct CloudTrailRecord: Sendable {
    static let account = "000000000000"
    static let region = "local"

    package let name: CloudTrailName
    package let id: String
    package let username: String
    /// Unix milliseconds.
    package let time: Int64
    /// The second that it falls into, as `EventTime` has it.
    package var second: Int64 { Int64((Double(time) / 1000).rounded(.down)) }
    package let resources: [(type: String, name: String)]
    private let event: JSONValue
    private let data: JSONValue

    /// Nil for what is no event.
    package init?(_ event: JSONValue, time: Int64) {
        guard let type = event["type"]?.string, let id = event["id"]?.string, let data = event["data"] else { return nil }
        self.event = event
        self.data = data
        self.id = id
        self.time = time
        name = CloudTrailName(type: type, action: data["action"]?.string)
        username = data["actor"]?["name"]?.string ?? ""
        var resources: [(type: String, name: String)] = []
        if let repository = data["repository"]?.string { resources.append(("AWS::ECR::Repository", repository)) }
        let subject = event["subject"]?.string?.split(separator: "/", maxSplits: 1) ?? []
        if subject.count == 2, let type = Self.resourceTypes[String(subject[0])], data["repository"] == nil {
            resources.append((type, String(subject[1])))
        }
        if let environment = data["deployment"]?["environment"]?.string { resources.append(("Signalbox::Environment", environment)) }
        self.resources = resources
    }

    static let resourceTypes = [
        "guards": "Signalbox::Guard", "webhooks": "Signalbox::Webhook", "triggers": "Signalbox::Trigger", "environments": "Signalbox::Environment",
    ]

    static func arn(_ repository: String) -> String { "arn:aws:ecr:\(region):\(account):repository/\(repository)" }

    /// The record as CloudTrail's files and `CloudTrailEvent` have it.
    package func encode(into json: inout JSONWriter) {
        let request = data["request"]
        json.beginObject()
        json.member("eventVersion", "1.09")
        encodeIdentity(into: &json)
        json.member("eventTime", String(QueryTime.text(time).prefix(19)) + "Z")
        json.member("eventSource", name.source)
        json.member("eventName", name.name)
        json.member("awsRegion", Self.region)
        json.member("sourceIPAddress", request?["address"]?.string ?? "")
        json.member("userAgent", request?["userAgent"]?.string ?? "")
        if let error = name.error {
            json.member("errorCode", error)
            json.member("errorMessage", refusal)
        }
        CloudTrailElements(event: event, data: data).encode(into: &json, refused: name.error != nil)
        json.member("requestID", request?["id"]?.string ?? "")
        json.member("eventID", id)
        json.member("readOnly", name.isReadOnly)
        json.key("resources")
        json.beginArray()
        for resource in resources where resource.type == "AWS::ECR::Repository" {
            json.beginObject()
            json.member("ARN", Self.arn(resource.name))
            json.member("accountId", Self.account)
            json.endObject()
        }
        json.endArray()
        json.member("eventType", "AwsApiCall")
        json.member("managementEvent", true)
        json.member("recipientAccountId", Self.account)
        json.member("eventCategory", "Management")
        json.endObject()
    }

    private var refusal: String {
        [data["reason"]?.string, data["rule"]?.string.map { "guard \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    private func encodeIdentity(into json: inout JSONWriter) {
        let kind = data["actor"]?["kind"]?.string ?? ""
        json.key("userIdentity")
        json.beginObject()
        json.member("type", kind == "user" ? "IAMUser" : kind == "system" ? "AWSService" : "Unknown")
        json.member("principalId", username)
        if kind == "system" { json.member("invokedBy", CloudTrailName.own) } else {
            json.member("accountId", Self.account)
            json.member("userName", username)
        }
        json.endObject()
    }
}

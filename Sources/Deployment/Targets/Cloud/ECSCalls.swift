import Crypto
import Events
import HTTP
import IO
import JSON

/// Calls of the ECS API: AWS JSON 1.1, signed with Signature Version 4.
struct ECSCalls: Sendable {
    struct Credentials: Sendable {
        let accessKey: String
        let secretKey: String
        let sessionToken: String?
    }

    let api: RemoteAPI
    let url: HTTPURL
    let region: String
    let credentials: Credentials

    func call(_ action: String, _ body: JSONValue) async throws(TargetFailure) -> JSONValue {
        let time = Self.time(Wall.milliseconds)
        var fields: [(name: String, value: String)] = [
            ("X-Amz-Date", time), ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.\(action)"),
        ]
        if let token = credentials.sessionToken { fields.append(("X-Amz-Security-Token", token)) }
        let content = RemoteAPI.Body.json(body, type: "application/x-amz-json-1.1")
        let request = SignatureV4.CanonicalRequest(
            method: "POST", path: url.target,
            headers: fields + [("Host", url.origin.authority), ("Content-Type", "application/x-amz-json-1.1")],
            payloadHash: Hex.encode(hash(.sha256, content.bytes)))
        let signature = SignatureV4(
            secretKey: credentials.secretKey, day: String(time.prefix(8)), region: region, service: "ecs")
        fields.append(("Authorization", signature.authorization(accessKey: credentials.accessKey, request, at: time)))
        return try await api.call(
            .post, url, content, fields: fields, label: "\(action) at \(url.origin)", looks: action.hasPrefix("Describe")
        ).json()
    }

    /// `20150830T123600Z`
    static func time(_ milliseconds: Int64) -> String {
        String(Timestamp.text(milliseconds).prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}

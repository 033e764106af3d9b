import HTTP

extension WebhookCredentials {
    static let maximumHeaders = 32
    static let maximumValueLength = 4096
    static let maximumPEMLength = 64 << 10

    /// Throws where something cannot be sent as it is; the pointer names the member of a webhook's settings.
    package func check() throws(WebhookError) {
        try checkSchemes()
        if let token { try Self.check(value: token, minimum: 8, "/token") }
        if let authorization { try Self.check(value: authorization, "/authorization") }
        guard headers.count <= Self.maximumHeaders else {
            throw WebhookError(.invalid, "must be \(Self.maximumHeaders) fields at most", pointer: "/headers")
        }
        var names: Set<String> = []
        for header in headers {
            let pointer = "/headers/" + Self.escaped(header.name)
            try Self.check(name: header.name, pointer)
            guard names.insert(header.name.lowercased()).inserted else {
                throw WebhookError(.invalid, "is there twice: names of header fields do not differ in case", pointer: pointer)
            }
            try Self.check(value: header.value, pointer)
        }
        for (pem, member) in [(tls?.authorities, "authorities"), (tls?.certificate, "certificate"), (tls?.key, "key")] {
            guard let pem else { continue }
            guard pem.utf8.count <= Self.maximumPEMLength else {
                throw WebhookError(.invalid, "must be \(Self.maximumPEMLength) bytes at most", pointer: "/tls/\(member)")
            }
        }
    }

    private func checkSchemes() throws(WebhookError) {
        guard Set(schemes).count == schemes.count else {
            throw WebhookError(.invalid, "must name each scheme once", pointer: "/signing")
        }
    }

    private static func check(name: String, _ pointer: String) throws(WebhookError) {
        let lower = name.lowercased()
        guard !reserved.contains(lower), !["webhook-", "ce-", "proxy-"].contains(where: lower.hasPrefix) else {
            let hint = lower == "authorization" ? ": use the setting \"authorization\"" : ""
            throw WebhookError(.invalid, "is a field that the hub sets itself\(hint)", pointer: pointer)
        }
        guard name.utf8.count <= 128, HeaderBuilder.canSend(name, "") else {
            throw WebhookError(.invalid, "is no name of a header field: letters, digits and - are safe, 128 at most", pointer: pointer)
        }
    }

    /// Framing, and what the hub or another setting sets.
    private static let reserved: Set<String> = [
        "host", "content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "te",
        "trailer", "upgrade", "expect", "date", "authorization", "user-agent", "x-hub-signature-256", "x-signature",
        "x-webhook-secret",
    ]

    private static func check(value: String, minimum: Int = 1, _ pointer: String) throws(WebhookError) {
        guard (minimum...maximumValueLength).contains(value.utf8.count) else {
            throw WebhookError(.invalid, "must be \(minimum) to \(maximumValueLength) bytes long", pointer: pointer)
        }
        guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), value.first != " ", value.last != " " else {
            throw WebhookError(
                .invalid, "must be printable ASCII without spaces at its ends, as a header's value is", pointer: pointer)
        }
    }

    /// RFC 6901, section 3.
    private static func escaped(_ name: String) -> String {
        var text = ""
        for character in name {
            switch character {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.append(character)
            }
        }
        return text
    }
}

extension HeaderBuilder {
    /// Whether such a field would be sent.
    fileprivate static func canSend(_ name: String, _ value: String) -> Bool {
        var builder = HeaderBuilder()
        return builder.append(name, value)
    }
}

import JSON

extension WebhookCredentials {
    /// As JSON, to be sealed.
    package func encoded() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("version", 1)
        json.key("signing")
        json.beginArray()
        for scheme in schemes { json.string(scheme.rawValue) }
        json.endArray()
        json.key("secrets")
        json.beginArray()
        for entry in secrets {
            json.beginObject()
            json.member("secret", entry.secret.revealed)
            if let expires = entry.expires { json.member("expires", expires) }
            json.endObject()
        }
        json.endArray()
        json.member("token", ifPresent: token)
        json.member("authorization", ifPresent: authorization)
        json.key("headers")
        json.beginArray()
        for header in headers {
            json.beginObject()
            json.member("name", header.name)
            json.member("value", header.value)
            json.endObject()
        }
        json.endArray()
        if let tls {
            json.key("tls")
            json.beginObject()
            json.member("authorities", ifPresent: tls.authorities)
            json.member("certificate", ifPresent: tls.certificate)
            json.member("key", ifPresent: tls.key)
            json.endObject()
        }
        json.member("url", ifPresent: url)
        json.endObject()
        return json.bytes
    }

    /// Reads what `encoded` wrote, and nothing else: a member that is unknown or of the wrong type is an error. No error
    /// quotes what was read.
    package init(decoding bytes: [UInt8]) throws(WebhookError) {
        guard let value = try? JSONValue.parse(bytes, limits: JSONLimits(depth: 8)) else { throw Self.damaged("no JSON") }
        let document = try Members(
            value, ["version", "signing", "secrets", "token", "authorization", "headers", "tls", "url"], "document")
        guard document.object["version"]?.int == 1 else { throw Self.damaged("the version is not 1") }
        self.init(
            schemes: [], token: try document.optional("token"), authorization: try document.optional("authorization"))
        for value in try document.array("signing") {
            guard let scheme = value.string.flatMap(SignatureScheme.init) else { throw Self.damaged("a scheme is unknown") }
            schemes.append(scheme)
        }
        for value in try document.array("secrets") {
            let entry = try Members(value, ["secret", "expires"], "secret")
            guard let secret = SigningSecret(try entry.string("secret")) else { throw Self.damaged("a secret is not valid") }
            secrets.append(Entry(secret: secret, expires: try entry.optionalInt("expires")))
        }
        for value in try document.array("headers") {
            let header = try Members(value, ["name", "value"], "header")
            headers.append(Header(name: try header.string("name"), value: try header.string("value")))
        }
        if let value = document.object["tls"] {
            let members = try Members(value, ["authorities", "certificate", "key"], "tls")
            tls = TLS(
                authorities: try members.optional("authorities"), certificate: try members.optional("certificate"),
                key: try members.optional("key"))
        }
        url = try document.optional("url")
        do {
            try check()
        } catch {
            throw Self.damaged("\(error.pointer ?? "a member") \(error.message)")
        }
    }

    fileprivate static func damaged(_ reason: String) -> WebhookError {
        WebhookError(.damaged, "the credentials of a webhook are damaged: \(reason)")
    }
}

/// An object that has no members but those expected.
private struct Members {
    let object: JSONObject
    private let name: String

    init(_ value: JSONValue, _ expected: Set<String>, _ name: String) throws(WebhookError) {
        guard let object = value.object, object.members.allSatisfy({ expected.contains($0.key) }) else {
            throw WebhookCredentials.damaged("the \(name) is not an object of the known members")
        }
        self.object = object
        self.name = name
    }

    func optional(_ key: String) throws(WebhookError) -> String? {
        guard let value = object[key] else { return nil }
        guard let text = value.string else { throw WebhookCredentials.damaged("the \(name)'s \(key) is not a string") }
        return text
    }

    func string(_ key: String) throws(WebhookError) -> String {
        guard let text = try optional(key) else { throw WebhookCredentials.damaged("the \(name)'s \(key) is missing") }
        return text
    }

    func optionalInt(_ key: String) throws(WebhookError) -> Int64? {
        guard let value = object[key] else { return nil }
        guard let number = value.int else { throw WebhookCredentials.damaged("the \(name)'s \(key) is not a whole number") }
        return number
    }

    func array(_ key: String) throws(WebhookError) -> [JSONValue] {
        guard let values = object[key]?.array else { throw WebhookCredentials.damaged("the \(name)'s \(key) is not an array") }
        return values
    }
}

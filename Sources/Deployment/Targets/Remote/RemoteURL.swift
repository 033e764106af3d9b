import HTTP

/// The address of an API: what its paths begin with.
struct RemoteURL: Sendable {
    private let base: HTTPURL

    init(_ text: String) throws(HTTPClientError) {
        let url = try HTTPURL(text)
        guard !url.target.contains("?") else {
            throw HTTPClientError(.invalidURL, "\(url.descriptionWithoutQuery) must not have a query")
        }
        if let reason = AddressPolicy.refusal(ofHost: url.origin.host) {
            throw HTTPClientError(.forbiddenAddress, "\(reason), which is never called")
        }
        base = url
    }

    var description: String { base.description }

    /// The path's parts and the query's values are encoded, so that none of them can become two.
    func appending(_ parts: [String], query: [(name: String, value: String)] = []) -> HTTPURL {
        var target = base.target
        while target.hasSuffix("/") { target.removeLast() }
        for part in parts { target += "/" + PercentEncoding.encode(part) }
        if !query.isEmpty {
            target += "?" + query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        }
        return HTTPURL(origin: base.origin, target: target.isEmpty ? "/" : target)
    }

    func appending(_ parts: String..., query: [(name: String, value: String)] = []) -> HTTPURL {
        appending(parts, query: query)
    }
}

extension SettingsReader {
    /// The URL under `key`, as `https://example.com/path`.
    func url(_ key: String, default standard: String? = nil) throws(DeploymentError) -> RemoteURL {
        guard let text = try string(key) ?? standard else { throw failure(key, "is required") }
        do throws(HTTPClientError) {
            return try RemoteURL(text)
        } catch {
            throw failure(key, "cannot be used: \(error.message)")
        }
    }

    /// A PEM file of certificate authorities.
    func authorities() throws(DeploymentError) -> String? {
        guard let path = try string("certificateAuthority") else { return nil }
        guard path.hasPrefix("/") else { throw failure("certificateAuthority", "must be an absolute path, not \"\(path)\"") }
        return path
    }
}

extension TargetRun {
    func bearer(_ secret: String) throws(TargetFailure) -> (name: String, value: String) {
        ("Authorization", "Bearer \(try self.secret(secret).text)")
    }
}

import JSON

extension Client {
    /// Uploads a blob as clients do, POST and PUT, and returns the response to the last request.
    @discardableResult
    func upload(_ blob: Content, to repository: String) throws -> Response {
        let started = try request("POST", "/v2/\(repository)/blobs/uploads/")
        guard started.status == 202, let location = started.headers["location"] else { return started }
        return try request(
            "PUT", Client.target(location, adding: "digest=\(blob.digest)"),
            headers: ["Content-Type": "application/octet-stream"], body: blob.bytes)
    }

    /// Puts a manifest under a tag or digest.
    @discardableResult
    func put(_ manifest: Content, to repository: String, as reference: String) throws -> Response {
        try request(
            "PUT", "/v2/\(repository)/manifests/\(reference)", headers: ["Content-Type": manifest.mediaType],
            body: manifest.bytes)
    }

    /// Pushes an image; the response to the first request that was not accepted, or to the manifest.
    @discardableResult
    func push(_ image: Image, to repository: String, as reference: String? = nil) throws -> Response {
        for blob in image.blobs {
            let response = try upload(blob, to: repository)
            guard response.status == 201 else { return response }
        }
        return try put(image.manifest, to: repository, as: reference ?? image.digest)
    }

    /// Gets a manifest by tag or digest, whatever its format.
    func manifest(_ repository: String, _ reference: String) throws -> Response {
        let formats = ImageFormat.allCases.flatMap { [$0.manifest, $0.index] }
        return try request(
            "GET", "/v2/\(repository)/manifests/\(reference)", headers: ["Accept": formats.joined(separator: ", ")])
    }

    func blob(_ repository: String, _ digest: String) throws -> Response {
        try request("GET", "/v2/\(repository)/blobs/\(digest)")
    }

    /// The request target of a `Location`, which may be absolute, with a query parameter added.
    static func target(_ location: String, adding parameter: String? = nil) -> String {
        var target = location[...]
        if let scheme = target.firstRange(of: "://") {
            let rest = target[scheme.upperBound...]
            target = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
        }
        guard let parameter else { return String(target) }
        return target + (target.contains("?") ? "&" : "?") + parameter
    }
}

extension Hub {
    /// Pushes an image that must be accepted.
    func push(_ image: Image, to repository: String, as tag: String) throws {
        let response = try client().push(image, to: repository, as: tag)
        guard response.status == 201 else { throw Failure("the push was not accepted: \(response)") }
    }
}

import HTTP
import JSON
import OCI
import Registry

extension DistributionAPI {
    /// The most entries of one page; more are behind its `Link`.
    private static let pageLimit = 10_000

    private func pageSize(_ request: Request) throws(OCIError) -> Int {
        guard let text = request.head.queryValue("n") else { return Self.pageLimit }
        guard let count = Int(text), count >= 0 else {
            throw OCIError(.unsupported, "n must be a whole number from 0, not \"\(text.prefix(40))\"")
        }
        return min(count, Self.pageLimit)
    }

    func catalog(_ request: Request) throws -> Response {
        let limit = try pageSize(request)
        let page = services.registry.catalog(after: request.head.queryValue("last"), limit: limit)
        var headers = HeaderBuilder()
        if page.hasMore, let last = page.items.last {
            headers.append(.link, LinkHeader.next(path: "/v2/_catalog", query: ["n": "\(limit)", "last": last.text]))
        }
        return json(.ok, list(nil, "repositories", page.items.map { $0.text }), headers)
    }

    func tags(_ name: RepositoryName, _ request: Request) throws -> Response {
        let limit = try pageSize(request)
        let page = try services.registry.tags(in: name, after: request.head.queryValue("last"), limit: limit)
        var headers = HeaderBuilder()
        if page.hasMore, let last = page.items.last {
            headers.append(.link, LinkHeader.next(path: "/v2/\(name.text)/tags/list", query: ["n": "\(limit)", "last": last.text]))
        }
        return json(.ok, list(name, "tags", page.items.map { $0.text }), headers)
    }

    private func list(_ name: RepositoryName?, _ key: StaticString, _ items: [String]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("name", ifPresent: name?.text)
        json.key(key)
        json.beginArray()
        for item in items { json.string(item) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    func referrers(_ name: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        let subject = try digest(text)
        let limit = min(try pageSize(request), 1_000)
        // A query's + reads as a space; media types have the one and never the other.
        let type = request.head.queryValue("artifactType")?.replacing(" ", with: "+")
        let after = try request.head.queryValue("last").map(digest)
        let page = try await services.registry.referrers(
            of: subject, in: name, artifactType: type, after: after, limit: limit)
        var headers = HeaderBuilder()
        headers.append(.contentType, MediaType.imageIndex.text)
        if type != nil { headers.append(.ociFiltersApplied, "artifactType") }
        if let next = page.next {
            let path = "/v2/\(name.text)/referrers/\(subject)"
            let link = if let type {
                LinkHeader.next(path: path, query: ["artifactType": type, "n": "\(limit)", "last": next.description])
            } else {
                LinkHeader.next(path: path, query: ["n": "\(limit)", "last": next.description])
            }
            headers.append(.link, link)
        }
        return Response(.ok, headers, body: .bytes(page.body()))
    }
}

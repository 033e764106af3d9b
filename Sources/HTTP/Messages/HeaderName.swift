/// The field names that this project reads or writes. A received name is told once, while its head is parsed,
/// so that looking one up compares single bytes. Any other name is looked up by its text.
package enum HeaderName: UInt8, Sendable, Hashable, CaseIterable {
    case accept, acceptEncoding, acceptRanges, allow, authorization, cacheControl, connection, contentDisposition
    case contentEncoding, contentLength, contentRange, contentType, cookie, date, dockerContentDigest
    case dockerDistributionAPIVersion, dockerUploadUUID, eTag, expect, host, ifMatch, ifModifiedSince, ifNoneMatch
    case ifRange, keepAlive, lastEventID, lastModified, link, location, ociChunkMinLength, ociFiltersApplied
    case ociSubject, ociTag, origin, range, referer, retryAfter, server, setCookie, strictTransportSecurity, te, trailer
    case transferEncoding, upgrade, userAgent, vary, webhookID, webhookSignature, webhookTimestamp, wwwAuthenticate
    case xContentTypeOptions, xForwardedFor, xForwardedProto, xRequestID

    /// The name as it is sent.
    package var text: String {
        switch self {
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .acceptRanges: "Accept-Ranges"
        case .allow: "Allow"
        case .authorization: "Authorization"
        case .cacheControl: "Cache-Control"
        case .connection: "Connection"
        case .contentDisposition: "Content-Disposition"
        case .contentEncoding: "Content-Encoding"
        case .contentLength: "Content-Length"
        case .contentRange: "Content-Range"
        case .contentType: "Content-Type"
        case .cookie: "Cookie"
        case .date: "Date"
        case .dockerContentDigest: "Docker-Content-Digest"
        case .dockerDistributionAPIVersion: "Docker-Distribution-API-Version"
        case .dockerUploadUUID: "Docker-Upload-UUID"
        case .eTag: "ETag"
        case .expect: "Expect"
        case .host: "Host"
        case .ifMatch: "If-Match"
        case .ifModifiedSince: "If-Modified-Since"
        case .ifNoneMatch: "If-None-Match"
        case .ifRange: "If-Range"
        case .keepAlive: "Keep-Alive"
        case .lastEventID: "Last-Event-ID"
        case .lastModified: "Last-Modified"
        case .link: "Link"
        case .location: "Location"
        case .ociChunkMinLength: "OCI-Chunk-Min-Length"
        case .ociFiltersApplied: "OCI-Filters-Applied"
        case .ociSubject: "OCI-Subject"
        case .ociTag: "OCI-Tag"
        case .origin: "Origin"
        case .range: "Range"
        case .referer: "Referer"
        case .retryAfter: "Retry-After"
        case .server: "Server"
        case .setCookie: "Set-Cookie"
        case .strictTransportSecurity: "Strict-Transport-Security"
        case .te: "TE"
        case .trailer: "Trailer"
        case .transferEncoding: "Transfer-Encoding"
        case .upgrade: "Upgrade"
        case .userAgent: "User-Agent"
        case .vary: "Vary"
        case .webhookID: "webhook-id"
        case .webhookSignature: "webhook-signature"
        case .webhookTimestamp: "webhook-timestamp"
        case .wwwAuthenticate: "WWW-Authenticate"
        case .xContentTypeOptions: "X-Content-Type-Options"
        case .xForwardedFor: "X-Forwarded-For"
        case .xForwardedProto: "X-Forwarded-Proto"
        case .xRequestID: "X-Request-ID"
        }
    }
}

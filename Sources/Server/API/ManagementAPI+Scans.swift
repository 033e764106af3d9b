import Crypto
import Events
import HTTP
import JSON
import OCI
import Registry
import Scanning

extension ManagementAPI {
    /// How much of a report is in memory at once.
    private static let scanChunk = 64 << 10

    /// `POST /api/v1/scans?repository=&digest=&format=` with a scanner's report as content: 201 with the scan as it is recorded.
    func addScan(_ request: Request, _ body: RequestBody) async throws -> Response {
        let query = try ScanQuery(request)
        // Before the report is read: nobody is to send 32 MiB for nothing.
        let image = try services.registry.entry(.digest(query.digest), in: query.repository)
        if let size = body.remaining, size > UInt64(ReportReader.maximumSize) { throw Problem(Self.tooLarge) }
        let report = try await store(query, body)
        let empty = try await storeEmptyConfig(query.repository)
        let manifest = ReportManifest.bytes(
            query.format, report: report.digest, size: report.size, image: query.digest, imageType: image.mediaType, imageSize: image.size,
            emptyDigest: empty)
        guard let manifestDigest = Digest(.sha256, bytes: hash(.sha256, manifest)) else { throw Self.cannotHash }
        let scan = ImageScan(
            repository: query.repository, digest: query.digest, mediaType: image.mediaType, summary: report.summary,
            report: ImageScan.Report(
                format: query.format.rawValue, mediaType: query.format.mediaType, digest: report.digest, size: report.size, manifest: manifestDigest))
        let recorded = try await services.registry.recordScan(scan, manifest: manifest, context: request.context())
        return json(.created) { json in
            json.beginObject()
            recorded.encodeMembers(into: &json)
            json.endObject()
        }
    }

    private static let tooLarge = ScanError(.tooLarge, "the report is larger than \(ReportReader.maximumSize >> 20) MiB")
    private static let cannotHash = Problem(.internalServerError, "internal", "the report cannot be hashed")

    private struct StoredReport {
        let digest: Digest
        let size: Int64
        let summary: ScanSummary
    }

    /// Writes the report to an upload while it is read, so that it is never in memory as a whole. One that is refused leaves nothing.
    private func store(_ query: ScanQuery, _ body: RequestBody) async throws -> StoredReport {
        let id = try services.blobs.startUpload(in: query.repository)
        let writer = try services.blobs.writer(id, in: query.repository)
        do {
            var reader = ReportReader(query.format)
            var digest = StreamingHash(.sha256)
            var chunk = [UInt8](repeating: 0, count: Self.scanChunk)
            while true {
                let count = try await body.fill(&chunk)
                if count == 0 { break }
                let piece = chunk[..<count]
                try reader.feed(piece)
                digest.update(piece.span)
                _ = try await writer.append(piece)
            }
            let summary = try reader.finish(on: (query.repository, query.digest))
            guard let digest = Digest(.sha256, bytes: digest.finalize()) else { throw Self.cannotHash }
            let size = Int64(writer.offset)
            try await writer.finish(digest)
            return StoredReport(digest: digest, size: size, summary: summary)
        } catch {
            // Nobody was told of this upload, so nobody can go on with it.
            await writer.cancel()
            throw error
        }
    }

    private func storeEmptyConfig(_ repository: RepositoryName) async throws -> Digest {
        guard let digest = Digest(.sha256, bytes: hash(.sha256, ReportManifest.emptyConfig)) else { throw Self.cannotHash }
        try await services.blobs.put(ReportManifest.emptyConfig, digest, in: repository)
        return digest
    }
}

/// What a report is about and how it is written.
private struct ScanQuery {
    let repository: RepositoryName
    let digest: Digest
    let format: ReportFormat

    init(_ request: Request) throws(Problem) {
        // A form cannot say these types, so no page of another site can be made to post a report.
        guard ["application/json", "application/sarif+json"].contains(request.headers.mediaType) else {
            throw Problem(
                .unsupportedMediaType, "unsupported-media-type", "the Content-Type must be application/json or application/sarif+json")
        }
        for item in request.head.queryItems where !["repository", "digest", "format"].contains(item.name) {
            throw Problem.parameter(item, "is not a known parameter; there are repository, digest and format")
        }
        func value(_ name: String) throws(Problem) -> String {
            guard let value = request.head.queryValue(name) else { throw Problem.parameter(name, "is missing") }
            return value
        }
        guard let repository = RepositoryName(try value("repository")) else { throw Problem.parameter("repository", "is not a repository's name") }
        guard let digest = Digest(try value("digest")) else { throw Problem.parameter("digest", "must be a digest such as sha256:...: a report is about one image") }
        guard let format = ReportFormat(rawValue: try value("format")) else {
            throw Problem.parameter("format", "must be one of \(ReportFormat.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.repository = repository
        self.digest = digest
        self.format = format
    }
}

extension Problem {
    init(_ error: ScanError) {
        let (status, type): (HTTPStatus, String) = switch error.code {
        case .invalid: (.badRequest, "invalid")
        case .notFound: (.notFound, "not-found")
        case .tooLarge: (.contentTooLarge, "too-large")
        case .unavailable: (.serviceUnavailable, "unavailable")
        }
        self.init(status, type, error.message, pointer: error.pointer)
    }

    init(_ error: BlobError) {
        let (status, type): (HTTPStatus, String) = switch error.code {
        case .uploadUnknown, .blobUnknown: (.notFound, "not-found")
        case .uploadBusy: (.conflict, "conflict")
        case .tooManyUploads: (.tooManyRequests, "too-many")
        case .digestInvalid: (.badRequest, "invalid")
        case .outOfSpace: (.insufficientStorage, "out-of-space")
        case .unavailable: (.serviceUnavailable, "unavailable")
        case .io, .leasesDamaged: (.internalServerError, "internal")
        }
        self.init(status, type, error.message)
    }
}

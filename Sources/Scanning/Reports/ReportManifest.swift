import JSON
package import OCI

/// The manifest that attaches a report to its image: the report is its one layer, the image its subject (image specification,
/// "Guidelines for Artifact Usage").
package enum ReportManifest {
    /// The content of the config, which says nothing.
    package static let emptyConfig = Array("{}".utf8)

    /// - Parameter emptyDigest: of `emptyConfig`.
    package static func bytes(
        _ format: ReportFormat, report: Digest, size: Int64, image: Digest, imageType: MediaType, imageSize: Int64, emptyDigest: Digest
    ) -> [UInt8] {
        let empty = MediaType("application/vnd.oci.empty.v1+json")
        var json = JSONWriter()
        json.beginObject()
        json.member("schemaVersion", 2)
        json.member("mediaType", MediaType.imageManifest.text)
        json.member("artifactType", format.artifactType)
        json.key("config")
        descriptor(empty, emptyDigest, Int64(emptyConfig.count), &json)
        json.key("layers")
        json.beginArray()
        descriptor(format.mediaType, report, size, &json)
        json.endArray()
        json.key("subject")
        descriptor(imageType, image, imageSize, &json)
        json.endObject()
        return json.bytes
    }

    private static func descriptor(_ type: MediaType, _ digest: Digest, _ size: Int64, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("mediaType", type.text)
        json.member("digest", digest.description)
        json.member("size", size)
        json.endObject()
    }
}

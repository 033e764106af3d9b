package import OCI

/// The formats of reports that are understood.
package enum ReportFormat: String, Sendable, CaseIterable {
    /// Trivy's own JSON, with `SchemaVersion` 2.
    case trivy
    /// Grype's own JSON.
    case grype
    /// SARIF 2.1.0, which many scanners write.
    case sarif

    /// Of the report as a blob.
    package var mediaType: MediaType {
        switch self {
        case .trivy, .grype: MediaType("application/json")
        case .sarif: MediaType("application/sarif+json")
        }
    }

    /// Of the manifest that attaches the report to its image.
    package var artifactType: String { "application/vnd.signalbox.scan.\(rawValue).v1+json" }
}

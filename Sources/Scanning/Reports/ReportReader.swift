package import Events
package import OCI

/// Reads a scanner's report piece by piece and counts what it says. Memory does not grow with the report.
package struct ReportReader: Sendable {
    /// The most bytes of a report.
    package static let maximumSize = 32 << 20

    /// Nil once the report has ended or been refused.
    private var parser: Parser?
    private var size = 0

    private enum Parser: Sendable {
        case trivy(ReportParser<TrivyReport>)
        case grype(ReportParser<GrypeReport>)
        case sarif(ReportParser<SARIFReport>)
    }

    package init(_ format: ReportFormat) {
        switch format {
        case .trivy: parser = .trivy(ReportParser())
        case .grype: parser = .grype(ReportParser())
        case .sarif: parser = .sarif(ReportParser())
        }
    }

    /// - Throws: where the report cannot be one of its format any more, or is too large. The reader is of no use then.
    package mutating func feed(_ bytes: ArraySlice<UInt8>) throws(ScanError) {
        size += bytes.count
        guard size <= Self.maximumSize else {
            throw ScanError(.tooLarge, "the report is larger than \(Self.maximumSize >> 20) MiB")
        }
        // Taken out while it is changed, or all that it holds would be copied each time.
        guard let taken = parser.take() else { throw Self.over }
        switch consume taken {
        case .trivy(var reader):
            try reader.feed(bytes)
            parser = .trivy(reader)
        case .grype(var reader):
            try reader.feed(bytes)
            parser = .grype(reader)
        case .sarif(var reader):
            try reader.feed(bytes)
            parser = .sarif(reader)
        }
    }

    /// The report ends here.
    /// - Parameter image: what it is to be about; a report that names another one is refused.
    package mutating func finish(on image: (repository: RepositoryName, digest: Digest)? = nil) throws(ScanError) -> ScanSummary {
        let findings: ReportFindings
        switch parser.take() {
        case .trivy(var reader)?: findings = try reader.finish()
        case .grype(var reader)?: findings = try reader.finish()
        case .sarif(var reader)?: findings = try reader.finish()
        case nil: throw Self.over
        }
        if let image { try findings.check(image.repository, image.digest) }
        return findings.summary
    }

    private static let over = ScanError(.invalid, "the report has ended already or was refused")
}

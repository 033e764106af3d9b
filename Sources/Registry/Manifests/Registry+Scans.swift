package import Events
import OCI

extension Registry {
    /// Attaches a scan's report to its image and notes the scan, both in one transaction. The report's blob must be there.
    ///
    /// - Parameters:
    ///   - scan: its media type and tags are taken from the state.
    ///   - manifest: what attaches the report, with the image as its subject. One that is there already is not pushed again, and the scan
    ///     is noted all the same.
    /// - Returns: the scan as it was recorded.
    package func recordScan(
        _ scan: ImageScan, manifest: [UInt8], context: EventContext
    ) async throws(RegistryError) -> ImageScan {
        let checked = try CheckedPush(ManifestPush(
            repository: scan.repository, reference: .digest(scan.report.manifest), bytes: manifest, contentType: .imageManifest))
        let recorded = try await ledger.perform(context) { [self] state in
            ScanDecision(scan: scan, push: checked, state: state, guards: guards(of: state), holdsLease: holdsLease).decide()
        }
        cache.insert(checked.digest, checked.bytes)
        return recorded
    }
}

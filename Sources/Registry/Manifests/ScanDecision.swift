import Events
import OCI

/// Decides the record of a scan: the report's manifest is pushed as a referrer of the image, and the scan noted beside it. Pure.
///
/// The report is a layer of that manifest, so whatever keeps referrers of an image keeps it: a later collection needs to know nothing
/// of scans, and clients find and copy the report with the image as any other referrer.
struct ScanDecision {
    let scan: ImageScan
    /// The report's manifest.
    let push: CheckedPush
    let state: RegistryState
    let guards: GuardSet
    let holdsLease: (Digest, RepositoryName) -> Bool

    func decide() -> Decision<ImageScan> {
        guard let repository = state.repositories[scan.repository] else { return .refuse(.unknown(scan.repository)) }
        guard let image = repository.manifests[scan.digest] else { return .refuse(.unknown(.digest(scan.digest), in: scan.repository)) }
        let pushed = PushDecision(push: push, state: state, guards: guards, allowSparse: false, holdsLease: holdsLease).decide()
        if case .failure(let error) = pushed.answer { return .refuse(error) }
        var scan = scan
        scan.mediaType = image.mediaType
        scan.tags = repository.tags(of: scan.digest, limit: ImageScan.maximumTags)
        return .commit(pushed.changes + [Change(.imageScanned(scan))], scan)
    }
}

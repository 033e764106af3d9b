import EventLog
import IO
package import OCI

/// A manifest without its bytes.
package struct ManifestInfo: Hashable, Sendable {
    package let digest: Digest
    package let mediaType: MediaType
    /// In bytes.
    package let size: Int64
}

package struct StoredManifest: Hashable, Sendable {
    package let digest: Digest
    package let mediaType: MediaType
    /// As they were pushed.
    package let bytes: [UInt8]
}

extension Registry {
    package func contains(_ repository: RepositoryName) -> Bool {
        ledger.durable.repositories.contains(repository)
    }

    /// Whether it has that manifest.
    package func has(_ digest: Digest, in repository: RepositoryName) -> Bool {
        ledger.durable.repositories[repository]?.manifests[digest] != nil
    }

    package func entry(_ reference: Reference, in repository: RepositoryName) throws(RegistryError) -> ManifestInfo {
        let (digest, entry) = try find(reference, repository)
        return ManifestInfo(digest: digest, mediaType: entry.mediaType, size: entry.size)
    }

    package func manifest(
        _ reference: Reference, in repository: RepositoryName
    ) async throws(RegistryError) -> StoredManifest {
        let (digest, entry) = try find(reference, repository)
        return StoredManifest(digest: digest, mediaType: entry.mediaType, bytes: try await bytes(of: digest, entry))
    }

    private func find(
        _ reference: Reference, _ name: RepositoryName
    ) throws(RegistryError) -> (Digest, ManifestEntry) {
        guard let repository = ledger.durable.repositories[name] else { throw .unknown(name) }
        let digest: Digest? =
            switch reference {
            case .tag(let tag): repository.tags[tag]
            case .digest(let digest): digest
            }
        guard let digest, let entry = repository.manifests[digest] else { throw .unknown(reference, in: name) }
        return (digest, entry)
    }

    /// From memory, or else from the record that brought the manifest.
    func bytes(of digest: Digest, _ entry: ManifestEntry) async throws(RegistryError) -> [UInt8] {
        if let bytes = cache.bytes(of: digest) { return bytes }
        let bytes = try await pool.run { [log, options] () throws(RegistryError) in
            try Self.read(digest, entry, from: log, options.archivedManifests)
        }
        cache.insert(digest, bytes)
        return bytes
    }

    private static func read(
        _ digest: Digest, _ entry: ManifestEntry, from log: EventLog, _ archived: ManifestStore?
    ) throws(RegistryError) -> [UInt8] {
        let record: Record?
        do throws(LogError) {
            record = try log.record(at: entry.sequence)
        } catch {
            throw RegistryError(error)
        }
        // The record left the log with its segment, and the manifest got a file before that.
        if record == nil, let archived { return try archived.read(digest) }
        guard let record, record.attachment.count == Int(entry.size) else {
            throw .damaged("record \(entry.sequence) of the log does not hold the manifest that it should")
        }
        return record.attachment
    }
}

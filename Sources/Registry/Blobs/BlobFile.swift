package import IO
package import OCI

/// A blob opened for reading. It stays readable to its end even when the blob is deleted or healed meanwhile.
package struct BlobFile: Sendable {
    package let file: File
    /// Bytes.
    package let size: Int
}

extension BlobStore {
    package func open(_ digest: Digest) async throws(BlobError) -> BlobFile {
        let path = layout.blob(digest)
        do throws(IOError) {
            return try await pool.run { () throws(IOError) in
                let file = try File(path, .read)
                return BlobFile(file: file, size: try file.size())
            }
        } catch {
            throw error.isNotFound ? .blobUnknown(digest) : BlobError("blob \(digest) could not be opened", error)
        }
    }

    /// The blob's length in bytes, or nil when there is no such blob.
    package func size(_ digest: Digest) async throws(BlobError) -> Int? {
        let path = layout.blob(digest)
        do throws(IOError) {
            return try await pool.run { () throws(IOError) in try Files.info(path)?.size }
        } catch {
            throw BlobError("blob \(digest) could not be examined", error)
        }
    }
}

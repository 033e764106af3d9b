internal import Crypto
internal import IO
internal import OCI
import Glibc

/// The file of an upload. Blocking calls: for a pool thread.
///
/// The file is made when the first bytes come: an upload that nobody goes on with costs none, and starting one does not
/// wait for the disk.
struct UploadContent: ~Copyable, Sendable {
    private let path: String
    /// Nil before the first bytes and once closed.
    private var file: File?
    private var isClosed = false
    private(set) var count = 0
    private(set) var writing = DirectWriting()
    private var behind = WriteBehind()

    init(_ path: String) {
        self.path = path
    }

    /// After an error the count has not moved.
    /// - Parameter keeping: through the page cache, so that who pulls a large layer after its push does not wait for the disk. What would take
    ///   more than half of the memory goes past it: its beginning would be gone when its end is written.
    mutating func write(_ bytes: ArraySlice<UInt8>, keeping: Bool = false) throws(IOError) {
        let file = try open()
        let keeps = keeping && count < ProcessMemory.installed / 2
        if keeps { try writing.end(file) }
        try unsafe bytes.span.withUnsafeBytes { (chunk: UnsafeRawBufferPointer) throws(IOError) in
            if keeps {
                try unsafe behind.write(chunk, at: count, to: file)
            } else {
                try unsafe writing.write(chunk, at: count, to: file)
            }
            count &+= chunk.count
        }
    }

    /// The digest by reading the file again, for an algorithm that was not expected.
    mutating func digest(_ algorithm: DigestAlgorithm) throws(IOError) -> Digest? {
        let file = try open()
        try writing.end(file)
        var hash = StreamingHash(algorithm.hashFunction)
        var offset = 0
        while offset < count {
            let chunk = try file.read(count: min(UploadContent.readSize, count - offset), at: offset)
            if chunk.isEmpty { return nil }
            hash.update(chunk)
            offset &+= chunk.count
        }
        return Digest(algorithm, bytes: hash.finalize())
    }

    mutating func sync() throws(IOError) {
        try open().syncData()
    }

    /// Closes the file here rather than where the last reference goes: closing a removed file frees its space, which can
    /// take a while.
    mutating func close() {
        file = nil
        isClosed = true
    }

    private mutating func open() throws(IOError) -> File {
        if let file { return file }
        if isClosed { throw IOError(errno: EBADF, operation: "use", path: "an upload that has ended") }
        let made = try File(path, [.read, .write, .create, .exclusive])
        file = made
        return made
    }

    static let readSize = 256 * 1024
}

/// The digest of what has come of an upload, with the algorithm that was expected at its start.
struct UploadHash: ~Copyable, Sendable {
    private let algorithm: DigestAlgorithm
    /// Nil once the digest has been taken.
    private var hash: StreamingHash?

    init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        hash = StreamingHash(algorithm.hashFunction)
    }

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        hash?.update(bytes.span)
    }

    /// Nil where the digest is to be of another algorithm.
    mutating func take(_ wanted: DigestAlgorithm) -> Digest? {
        guard wanted == algorithm, let hash = hash.take() else { return nil }
        return Digest(wanted, bytes: hash.finalize())
    }
}

internal import Crypto
internal import IO
internal import OCI
import Glibc

/// The file of an upload and the digest of what is in it. Blocking calls: for a pool thread.
///
/// The file is made when the first bytes come: an upload that nobody goes on with costs none, and starting one does not
/// wait for the disk.
struct UploadContent: ~Copyable, Sendable {
    private let path: String
    /// Nil before the first bytes and once closed.
    private var file: File?
    private var isClosed = false
    private let algorithm: DigestAlgorithm
    /// Nil once the digest has been taken.
    private var hash: StreamingHash?
    private(set) var count = 0
    private(set) var writing = DirectWriting()

    init(_ path: String, _ algorithm: DigestAlgorithm) {
        self.path = path
        self.algorithm = algorithm
        hash = StreamingHash(algorithm.hashFunction)
    }

    /// Writes, then hashes: after an error neither the count nor the digest has moved.
    mutating func append(_ bytes: ArraySlice<UInt8>) throws(IOError) {
        let file = try open()
        try unsafe bytes.span.withUnsafeBytes { (chunk: UnsafeRawBufferPointer) throws(IOError) in
            try unsafe writing.write(chunk, at: count, to: file)
            unsafe hash?.update(chunk)
            count &+= chunk.count
        }
    }

    /// The digest with the wanted algorithm; the file is read again only when another one was expected at the start.
    mutating func digest(_ wanted: DigestAlgorithm) throws(IOError) -> Digest? {
        if wanted == algorithm, let hash = hash.take() {
            return Digest(wanted, bytes: hash.finalize())
        }
        let file = try open()
        try writing.end(file)
        var other = StreamingHash(wanted.hashFunction)
        var offset = 0
        while offset < count {
            let chunk = try file.read(count: min(UploadContent.readSize, count - offset), at: offset)
            if chunk.isEmpty { return nil }
            other.update(chunk)
            offset &+= chunk.count
        }
        return Digest(wanted, bytes: other.finalize())
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

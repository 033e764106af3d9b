import Glibc

/// The hub's own key: a file of exactly 32 random bytes, readable by its owner only. It is made at the first start;
/// losing it makes the secrets that are sealed with it unreadable, so a bad file is an error and never replaced.
///
/// Blocking calls; meant for the start of the process, by the one that holds the data folder's lock.
package enum KeyFile {
    /// The key in the file at `path`, created with mode 0600 when there is none.
    package static func loadOrCreate(_ path: String) throws(CryptoError) -> SecretKey {
        if let key = try load(path) { return key }
        let key = try SecretKey.random()
        try create(path, key)
        return key
    }

    /// Nil when there is no such file.
    private static func load(_ path: String) throws(CryptoError) -> SecretKey? {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)  // a FIFO must not hang the start
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw failure("cannot be opened", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("cannot be examined", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CryptoError(.keyFile, "the key file \(path) is not a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CryptoError(
                .keyFile, "the key file \(path) is open to other users; allow its owner only (chmod 600 \(path))")
        }
        var bytes = [UInt8](repeating: 0, count: SecretKey.length + 1)
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw failure("cannot be read", path) }
            if got == 0 { break }
            count += got
        }
        guard count == SecretKey.length, status.st_size == SecretKey.length else {
            throw CryptoError(
                .keyFile,
                "the key file \(path) is \(status.st_size) bytes long instead of \(SecretKey.length); restore it from a backup")
        }
        return try SecretKey(Array(bytes.prefix(count)))
    }

    /// Written beside, synced, renamed, folder synced: a crash leaves either no key or the whole key.
    private static func create(_ path: String, _ key: SecretKey) throws(CryptoError) {
        let temporary = path + ".new"
        unsafe unlink(temporary)  // of a start that crashed here
        let descriptor = unsafe Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be created", path) }
        var written = false
        defer {
            close(descriptor)
            if !written { unsafe unlink(temporary) }
        }
        guard unsafe write(descriptor, key.bytes, key.bytes.count) == key.bytes.count, fsync(descriptor) == 0 else {
            throw failure("cannot be written", path)
        }
        guard unsafe rename(temporary, path) == 0 else { throw failure("cannot be put in place", path) }
        written = true
        try syncFolder(of: path)
    }

    private static func syncFolder(of path: String) throws(CryptoError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("has a folder that cannot be opened", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("has a folder that cannot be synced", path) }
    }

    private static func failure(_ what: String, _ path: String) -> CryptoError {
        let reason = unsafe String(cString: strerror(errno))
        return CryptoError(.keyFile, "the key file \(path) \(what): \(reason)")
    }
}

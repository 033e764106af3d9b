import Glibc
import Testing

@testable import Crypto

@Suite struct KeyFileTests {
    @Test("The first start makes a file of 32 bytes for its owner only, and the next start reads the same key")
    func created() throws {
        try withFolder { folder in
            let path = folder + "/key"
            let key = try KeyFile.loadOrCreate(path)
            #expect(try KeyFile.loadOrCreate(path).bytes == key.bytes)
            var status = stat()
            #expect(unsafe stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            #expect(status.st_size == 32)
            #expect(unsafe access(path + ".new", F_OK) != 0)
        }
    }

    @Test("What a crashed first start left behind does not stop the next one")
    func leftover() throws {
        try withFolder { folder in
            try write([1, 2, 3], to: folder + "/key.new", mode: 0o600)
            let key = try KeyFile.loadOrCreate(folder + "/key")
            #expect(key.bytes.count == 32)
        }
    }

    @Test("A file that others can read is refused and left alone", arguments: [0o640, 0o604, 0o622, 0o610] as [mode_t])
    func tooOpen(mode: mode_t) throws {
        try withFolder { folder in
            try write([UInt8](repeating: 1, count: 32), to: folder + "/key", mode: mode)
            expectRefusal(folder + "/key", naming: "chmod 600")
        }
    }

    @Test("A file of another length is refused with both lengths", arguments: [0, 31, 33, 5000])
    func wrongLength(length: Int) throws {
        try withFolder { folder in
            try write([UInt8](repeating: 1, count: length), to: folder + "/key", mode: 0o600)
            expectRefusal(folder + "/key", naming: "\(length) bytes long instead of 32")
        }
    }

    @Test("A folder, a FIFO or a missing parent folder is an error, not a hang")
    func notAFile() throws {
        try withFolder { folder in
            expectRefusal(folder, naming: "not a regular file")
            #expect(unsafe mkfifo(folder + "/fifo", 0o600) == 0)
            expectRefusal(folder + "/fifo", naming: "not a regular file")
            unsafe unlink(folder + "/fifo")
            expectRefusal(folder + "/missing/key", naming: "cannot be created")
        }
    }

    private func expectRefusal(_ path: String, naming text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(sourceLocation: sourceLocation) {
            try KeyFile.loadOrCreate(path)
        } throws: {
            guard let error = $0 as? CryptoError else { return false }
            return error.code == .keyFile && error.message.contains(text) && error.message.contains(path)
        }
    }

    private func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        #expect(fchmod(descriptor, mode) == 0)
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try "/tmp/signalbox-crypto-" + Hex.encode(SecureRandom.bytes(8))
        try #require(unsafe mkdir(folder, 0o700) == 0)
        defer {
            for name in ["key", "key.new"] { unsafe unlink(folder + "/" + name) }
            unsafe rmdir(folder)
        }
        try body(folder)
    }
}

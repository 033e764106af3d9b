import OCI
import Testing

@Suite struct DigestTests {
    static let sha256 = "sha256:" + String(repeating: "0123456789abcdef", count: 4)
    static let sha512 = "sha512:" + String(repeating: "0123456789abcdef", count: 8)

    @Test("a digest reads back as the text it was read from", arguments: [sha256, sha512])
    func roundTrip(text: String) throws {
        let digest = try #require(Digest(text))
        #expect(digest.description == text)
        let bytes = Array(text.utf8)
        let read = Digest(parsing: bytes.span)
        #expect(read == digest)
        #expect(Digest(digest.algorithm, bytes: digest.bytes) == digest)
        #expect(digest.hashValue == Digest(text)?.hashValue)
    }

    @Test(
        "anything but an algorithm, a colon and exactly its lower-case digits is no digest",
        arguments: [
            "", ":", "sha256", "sha256:", "sha256:baddigeststring", "sha256:" + String(repeating: "a", count: 63),
            "sha256:" + String(repeating: "a", count: 65), "sha256:" + String(repeating: "A", count: 64),
            "sha256:" + String(repeating: "g", count: 64), "SHA256:" + String(repeating: "a", count: 64),
            "md5:" + String(repeating: "a", count: 32), "sha512:" + String(repeating: "a", count: 64),
            " sha256:" + String(repeating: "a", count: 64), "sha256::" + String(repeating: "a", count: 63),
            "sha256:" + String(repeating: "é", count: 32), "sha256:../" + String(repeating: "a", count: 61),
        ])
    func refused(text: String) {
        #expect(Digest(text) == nil)
    }

    @Test("the order of digests is the order of their text")
    func order() throws {
        var generator = SystemRandomNumberGenerator()
        var digests: [Digest] = []
        for index in 0..<300 {
            let algorithm: DigestAlgorithm = index % 5 == 0 ? .sha512 : .sha256
            // Few different bytes, so that long common starts are met.
            let bytes = (0..<algorithm.byteCount).map { _ in UInt8.random(in: 126...129, using: &generator) / 2 * 2 }
            digests.append(try #require(Digest(algorithm, bytes: bytes)))
        }
        #expect(digests.sorted().map(\.description) == digests.map(\.description).sorted())
    }

    @Test("a digest takes 40 bytes in an array")
    func stride() {
        #expect(MemoryLayout<Digest>.stride == 40)
    }
}

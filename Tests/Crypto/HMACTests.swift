import Testing

@testable import Crypto

@Suite struct HMACTests {
    /// RFC 4231, test cases 1 to 4, 6 and 7 (case 5 truncates).
    static let cases: [(key: [UInt8], message: [UInt8], code: String)] = [
        (.init(repeating: 0x0b, count: 20), Array("Hi There".utf8),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (.init(repeating: 0xaa, count: 20), .init(repeating: 0xdd, count: 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (Array(1...25), .init(repeating: 0xcd, count: 50),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (.init(repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        (.init(repeating: 0xaa, count: 131),
         Array(("This is a test using a larger than block-size key and a larger than block-size data. "
             + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("Codes are those of RFC 4231, for a first and for a second message with one key", arguments: cases)
    func knownAnswers(key: [UInt8], message: [UInt8], code: String) {
        let hmac = HMACKey(key)
        #expect(Hex.encode(hmac.sha256(message)) == code)
        #expect(Hex.encode(hmac.sha256(message)) == code)
    }

    @Test("Parts are one message")
    func parts() {
        let hmac = HMACKey(Array("key".utf8))
        #expect(hmac.sha256(Array("ab".utf8), [], Array("c".utf8)) == hmac.sha256(Array("abc".utf8)))
    }

    @Test("An empty key and an empty message are valid")
    func empty() {
        #expect(
            Hex.encode(HMACKey([]).sha256([])) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("One key serves many tasks at once")
    func concurrent() async {
        let hmac = HMACKey(Array("shared".utf8))
        let expected = (0..<8).map { hmac.sha256([UInt8($0)]) }
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask { (0..<500).allSatisfy { _ in hmac.sha256([UInt8(task)]) == expected[task] } }
            }
            for await right in group { #expect(right) }
        }
    }

    @Test("Equality of secrets is by content and length")
    func constantTime() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    }
}

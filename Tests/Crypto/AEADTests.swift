import Testing

@testable import Crypto

@Suite struct AEADTests {
    /// Test cases 13, 14 and 16 of the GCM specification that NIST SP 800-38D adopted.
    @Test("Sealed messages are those of the GCM specification", arguments: [
        (String(repeating: "0", count: 64), "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (String(repeating: "0", count: 64), "000000000000000000000000", "00000000000000000000000000000000", "",
         "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"),
        ("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
         "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
         + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
         "feedfacedeadbeeffeedfacedeadbeefabaddad2",
         "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
         + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
         "76fc6ece0f4e1768cddf8853bb2d551b"),
    ])
    func knownAnswers(key: String, nonce: String, plain: String, data: String, cipher: String, tag: String) throws {
        let secret = try SecretKey(#require(Hex.decode(key)))
        let sealed = try AEAD.seal(
            #require(Hex.decode(plain)), key: secret, associatedData: #require(Hex.decode(data)),
            nonce: #require(Hex.decode(nonce)))
        #expect(Hex.encode(sealed) == nonce + cipher + tag)
        #expect(try AEAD.open(sealed, key: secret, associatedData: #require(Hex.decode(data))) == Hex.decode(plain))
    }

    @Test("A message opens with its key and its associated data only, and two seals of it differ")
    func roundTrip() throws {
        let key = try SecretKey.random()
        let message = Array("whsec_secret".utf8)
        let sealed = try AEAD.seal(message, key: key, associatedData: [1])
        #expect(try AEAD.open(sealed, key: key, associatedData: [1]) == message)
        #expect(try AEAD.seal(message, key: key, associatedData: [1]) != sealed)
        let other = try SecretKey.random()
        expectNotAuthentic { () throws(CryptoError) in try AEAD.open(sealed, key: other, associatedData: [1]) }
        expectNotAuthentic { () throws(CryptoError) in try AEAD.open(sealed, key: key, associatedData: [2]) }
        expectNotAuthentic { () throws(CryptoError) in try AEAD.open(sealed, key: key) }
    }

    @Test("Any flipped bit and any cut is refused")
    func damage() throws {
        let key = try SecretKey.random()
        let sealed = try AEAD.seal(Array("value".utf8), key: key)
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 1 << UInt8(index % 8)
            expectNotAuthentic { () throws(CryptoError) in try AEAD.open(damaged, key: key) }
            expectNotAuthentic { () throws(CryptoError) in try AEAD.open(Array(sealed.prefix(index)), key: key) }
        }
    }

    @Test("Keys are 32 bytes and never print")
    func keys() throws {
        #expect(throws: CryptoError.self) { try SecretKey([1, 2, 3]) }
        let key = try SecretKey([UInt8](repeating: 7, count: 32))
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "SecretKey")
        #expect(!dumped.contains("7"))
    }

    @Test("Random bytes have the asked length and do not repeat")
    func random() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        let first = try SecureRandom.bytes(32)
        #expect(first.count == 32)
        #expect(try SecureRandom.bytes(32) != first)
    }

    private func expectNotAuthentic(
        _ open: () throws(CryptoError) -> [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: sourceLocation) {
            try open()
        } throws: { ($0 as? CryptoError)?.code == .notAuthentic }
    }
}

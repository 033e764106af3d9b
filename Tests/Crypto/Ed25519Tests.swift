import Testing

@testable import Crypto

@Suite struct Ed25519Tests {
    /// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
    static let vectors: [(seed: String, publicKey: String, message: [UInt8], signature: String)] = [
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", [],
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", [0x72],
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", [0xaf, 0x82],
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
        ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
         "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf", hash(.sha512, Array("abc".utf8)),
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
    ]

    @Test("Keys and signatures are those of RFC 8032", arguments: vectors)
    func knownAnswers(seed: String, publicKey: String, message: [UInt8], signature: String) throws {
        let key = try Ed25519PrivateKey(seed: try #require(Hex.decode(seed)))
        #expect(Hex.encode(key.publicKey.bytes) == publicKey)
        let signed = try key.sign(message)
        #expect(Hex.encode(signed) == signature)
        #expect(try Ed25519PublicKey(key.publicKey.bytes).verifies(signed, of: message))
    }

    @Test("A signature that is changed, cut or longer, another message and another key verify nothing")
    func forgeries() throws {
        let key = try Ed25519PrivateKey.random()
        let message = Array("message".utf8)
        let signature = try key.sign(message)
        #expect(key.publicKey.verifies(signature, of: message))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.publicKey.verifies(changed, of: message))
        }
        for count in [0, 1, 63] { #expect(!key.publicKey.verifies(Array(signature.prefix(count)), of: message)) }
        #expect(!key.publicKey.verifies(signature + [0], of: message))
        #expect(!key.publicKey.verifies(signature, of: message + [0]))
        #expect(!(try Ed25519PrivateKey.random()).publicKey.verifies(signature, of: message))
    }

    @Test("Bytes that are no point of the curve are a key that verifies nothing")
    func noPoint() throws {
        let signature = try Ed25519PrivateKey.random().sign([1])
        #expect(!(try Ed25519PublicKey([UInt8](repeating: 0xFF, count: 32))).verifies(signature, of: [1]))
    }

    @Test("Seeds and public keys have one length", arguments: [0, 31, 33, 64])
    func lengths(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect { try Ed25519PrivateKey(seed: bytes) } throws: { ($0 as? CryptoError)?.code == .keyLength }
        #expect { try Ed25519PublicKey(bytes) } throws: { ($0 as? CryptoError)?.code == .keyLength }
    }

    @Test("Printing a private key shows nothing of it")
    func hidden() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 0xAB, count: 32))
        #expect("\(key)" == "Ed25519PrivateKey")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("171"))
    }

    @Test("One key serves many tasks at once")
    func concurrent() async throws {
        let key = try Ed25519PrivateKey.random()
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<50 {
                        let message = [UInt8(task), UInt8(number)]
                        guard key.publicKey.verifies(try key.sign(message), of: message) else { return false }
                    }
                    return true
                }
            }
            return try await group.allSatisfy { $0 }
        }
        #expect(right)
    }
}

import Testing

@testable import Crypto

@Suite struct HashTests {
    /// FIPS 180-4 examples, and the empty message.
    @Test("Digests are those of FIPS 180-4", arguments: [
        (HashFunction.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (.sha512, "abc",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
        (.sha512, "",
         "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
         + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"),
    ])
    func knownAnswers(function: HashFunction, message: String, digest: String) {
        #expect(Hex.encode(hash(function, Array(message.utf8))) == digest)
    }

    @Test("A million letters hash the same in pieces of every kind of size", arguments: [1, 63, 64, 65, 1000, 1_000_000])
    func pieces(size: Int) {
        let message = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        var state = StreamingHash(.sha256)
        for start in stride(from: 0, to: message.count, by: size) {
            state.update(Array(message[start..<min(start + size, message.count)]))
        }
        #expect(Hex.encode(state.finalize()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("Empty pieces change nothing, and a hash that is dropped unfinished is freed")
    func emptyPieces() {
        var state = StreamingHash(.sha512)
        state.update([])
        state.update([UInt8(ascii: "a")])
        state.update([])
        #expect(state.finalize() == hash(.sha512, [UInt8(ascii: "a")]))
        for _ in 0..<1000 { _ = StreamingHash(.sha256) }
    }

    @Test("Spans and arrays have the same digest")
    func spans() {
        let bytes = [UInt8]("span".utf8)
        #expect(hash(.sha256, bytes.span) == hash(.sha256, bytes))
    }
}

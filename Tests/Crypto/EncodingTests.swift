import Testing

@testable import Crypto

@Suite struct EncodingTests {
    @Test("Base64 texts are those of RFC 4648 section 10, both ways", arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        let unpadded = String(text.filter { $0 != "=" })
        #expect(Base64.encode(Array(plain.utf8), .url) == unpadded)
        #expect(Base64.decode(unpadded, .url) == Array(plain.utf8))
    }

    @Test("The two alphabets differ in their last characters and refuse each other's")
    func alphabets() {
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
        #expect(Base64.encode([0xfb, 0xff], .url) == "-_8")
        #expect(Base64.decode("-_8=") == nil)
        #expect(Base64.decode("+/8", .url) == nil)
    }

    @Test("Anything but the one right text is refused", arguments: [
        "Zg", "Zg=", "Zg===", "=", "==", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm 9v", "Zm9v====", "Z===", "Zg==Zg==", "é===",
        "A", "AAAAA",
    ])
    func strictBase64(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("Padding, single characters and leftover bits are refused in the URL form", arguments: ["Zg==", "Z", "Zh", "Zm9vA"])
    func strictURL(text: String) {
        #expect(Base64.decode(text, .url) == nil)
    }

    @Test("Random bytes survive every encoding")
    func roundTrips() {
        var generator = SplitMix(state: 42)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes, .url), .url) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
    }

    @Test("A word's digits are those of its bytes, and only sixteen digits are a word")
    func hexWords() {
        var generator = SplitMix(state: 3)
        func read(_ text: [UInt8]) -> UInt64? { Hex.word(text.span) }
        for round in 0..<300 {
            let word: UInt64 = round == 0 ? 0 : round == 1 ? .max : generator.next()
            var bytes: [UInt8] = [7]
            bytes.append(bigEndian: word)
            #expect(bytes == [7] + (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) })
            let digits = [UInt8](capacity: 16) { out in Hex.append(word, to: &out) }
            #expect(String(decoding: digits, as: UTF8.self) == Hex.encode(bytes.dropFirst()))
            #expect(read(digits) == word)
            let place = Int.random(in: 0..<16, using: &generator)
            for wrong in [UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "`"), UInt8(ascii: "g"), UInt8(ascii: "A"), 0, 0xFF] {
                var other = digits
                other[place] = wrong
                #expect(read(other) == nil)
            }
            #expect(read(digits.dropLast()) == nil && read(digits + digits.prefix(1)) == nil)
        }
    }

    @Test("Random text is decoded only when it is what encoding gives")
    func randomText() {
        var generator = SplitMix(state: 7)
        let alphabet = Array("ABCDwxyz0189+/-_= \n".utf8)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...9, using: &generator)
            let text = (0..<length).compactMap { _ in alphabet.randomElement(using: &generator) }
            for form in [Base64.standard, .url] {
                if let bytes = Base64.decode(text, form) { #expect(Array(Base64.encode(bytes, form).utf8) == text) }
            }
        }
    }

    @Test("Hexadecimal is lower case, even and nothing else")
    func hex() {
        #expect(Hex.encode([0x00, 0x0f, 0xa0, 0xff]) == "000fa0ff")
        #expect(Hex.decode("000fa0ff") == [0x00, 0x0f, 0xa0, 0xff])
        for text in ["0", "0g", "AB", "0x", " 0", "００"] { #expect(Hex.decode(text) == nil) }
    }
}

/// A small seeded generator (SplitMix64), so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

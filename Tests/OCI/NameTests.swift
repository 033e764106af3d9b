import OCI
import Testing

@Suite struct NameTests {
    @Test(
        "names of the specification's grammar are repository names",
        arguments: [
            "a", "0", "library/ubuntu", "a/b/c/d", "a.b", "a_b", "a__b", "a-b", "a---b", "a.b-c_d__e/f", "x0/y1",
            String(repeating: "a", count: 255),
        ])
    func repositoryName(text: String) {
        #expect(RepositoryName(text)?.text == text)
    }

    @Test(
        "other names are refused",
        arguments: [
            "", "/", "a/", "/a", "a//b", "A", "a.", ".a", "a..b", "a___b", "_a", "a_", "-a", "a-", "a._b", "a.-b", "a b",
            "a/b/", "a/b-", "a-/b", "/a/b", "a:b", "..", "a/../b", "a/./b", "ä", "a%2fb", "a\0b", "a\n", String(repeating: "a", count: 256),
        ])
    func badRepositoryName(text: String) {
        #expect(RepositoryName(text) == nil)
    }

    @Test("tags follow their grammar", arguments: ["latest", "_x", "1.0", "A-b_c.d", String(repeating: "t", count: 128)])
    func tag(text: String) {
        #expect(Tag(text)?.text == text)
    }

    @Test(
        "other tags are refused",
        arguments: ["", ".a", "-a", "a/b", "a:b", "a b", "a+b", "é", String(repeating: "t", count: 129)])
    func badTag(text: String) {
        #expect(Tag(text) == nil)
    }

    @Test("a reference is a digest where it has a colon, else a tag")
    func reference() {
        #expect(Reference("latest") == Tag("latest").map(Reference.tag))
        #expect(Reference(DigestTests.sha256) == Digest(DigestTests.sha256).map(Reference.digest))
        #expect(Reference("sha256:baddigeststring") == nil)
        #expect(Reference("a/b") == nil)
    }

    @Test("the grammar agrees with a slow reading of its regular expression")
    func agreesWithNaiveReading() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("ab0._-/")
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...9, using: &generator)
            let text = String((0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
            #expect((RepositoryName(text) != nil) == naive(text), "\(text)")
        }
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/…)*`, read part by part.
    private func naive(_ text: String) -> Bool {
        text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, let last = part.last, first.isLetter || first.isNumber,
                last.isLetter || last.isNumber
            else { return false }
            let separators = part.split(omittingEmptySubsequences: true) { $0.isLetter || $0.isNumber }
            return separators.allSatisfy { [".", "_", "__"].contains($0) || $0.allSatisfy { $0 == "-" } }
        }
    }
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

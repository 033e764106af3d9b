import Foundation
import TestSupport
import Testing

@testable import Deployment

@Suite("the output of a run")
struct DeploymentOutputTests {
    private func text(_ output: DeploymentOutput) -> String { String(decoding: output.content(), as: UTF8.self) }

    @Test func aLongOutputKeepsItsHeadAndItsTail() {
        let output = DeploymentOutput(limit: 20)
        for index in 0..<1000 { output.note("\(index)") }
        #expect(text(output) == "0\n1\n2\n3\n4\n\n[... 3870 bytes left out ...]\n7\n998\n999\n")
    }

    @Test func whatFitsIsKeptWhole() {
        let output = DeploymentOutput(limit: 20)
        for _ in 0..<10 { output.append(Array("ab".utf8)) }
        #expect(text(output) == String(repeating: "ab", count: 10))
    }

    /// Against the plain definition, for pieces of all sizes.
    @Test func headAndTailAreThoseOfTheWholeText() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<300 {
            let limit = Int.random(in: 0...40, using: &random)
            var bounded = BoundedText(limit: limit)
            var whole: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let piece = (0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                bounded.append(piece)
                whole += piece
            }
            let head = whole.prefix(limit / 2)
            let tail = whole.dropFirst(head.count).suffix(limit - limit / 2)
            let omitted = whole.count - head.count - tail.count
            let mark = omitted == 0 ? [] : Array("\n[... \(omitted) bytes left out ...]\n".utf8)
            #expect(bounded.content == Array(head) + mark + Array(tail))
        }
    }

    @Test func theTailBeginsWithAWholeCharacter() {
        let output = DeploymentOutput()
        output.append(Array("ääää".utf8))
        #expect(output.tail(5) == "ää")
    }

    @Test("Secrets are hidden in every form they may be echoed in", arguments: [
        "it is pa\"ss w/rd!", #"{"token":"pa\"ss w/rd!"}"#, "?token=pa%22ss%20w%2Frd%21", #"{"token":"pa\"ss w\/rd!"}"#,
        #"{"token":"pa\u0022ss\u0020w\u002Frd\u0021"}"#, #"{"token":"pa\u0022ss w\u002frd!"}"#, "?token=pa%22ss%20w/rd!",
        "?token=pa%22ss%20w%2frd%21", "token=pa%22ss+w%2Frd%21", "%70%61%22%73%73%20%77%2f%72%64%21",
    ])
    func forms(text: String) {
        let output = DeploymentOutput()
        output.hide([Secret("pa\"ss w/rd!")])
        output.append(Array(text.utf8))
        #expect(!self.text(output).contains("ss"))
        #expect(self.text(output).contains("***"))
        #expect(!output.redacted(text).contains("ss"))
    }

    /// However a text is cut into pieces, no secret is seen and all else is.
    @Test func secretsAreHiddenHoweverTheTextIsCut() {
        var random = SeededGenerator(seed: 5)
        let secrets = ["abab", "ababab", "bbaa-aabb", "aaaa"]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in Array("aab-".utf8).randomElement(using: &random) ?? 0 }
            var redactor = Redactor()
            redactor.hide(secrets)
            var (whole, bytes) = (redactor, [UInt8]())
            var rest = text[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...7, using: &random))
                rest = rest.dropFirst(piece.count)
                bytes += redactor.feed(piece)
            }
            let shown = String(decoding: bytes + redactor.pending, as: UTF8.self)
            for secret in secrets { #expect(!shown.contains(secret), "\(String(decoding: text, as: UTF8.self)) → \(shown)") }
            #expect(String(decoding: whole.feed(text) + whole.pending, as: UTF8.self) == shown)
        }
    }

    private static let secret = "k&y/ü\\+\"🔑%z?>"

    private func shown(_ text: String, secret: String = DeploymentOutputTests.secret) -> String {
        var redactor = Redactor()
        redactor.hide([secret])
        return String(decoding: redactor.feed(Array(text.utf8)) + redactor.pending, as: UTF8.self)
    }

    @Test("A secret with odd characters is hidden as libraries encode it, and only that is")
    func libraries() throws {
        let plain = try JSONSerialization.data(withJSONObject: [Self.secret])
        let unescaped = try JSONSerialization.data(withJSONObject: [Self.secret], options: .withoutEscapingSlashes)
        #expect(plain != unescaped)
        for data in [plain, unescaped] { #expect(shown(String(decoding: data, as: UTF8.self)) == "[\"***\"]") }
        for allowed in [CharacterSet.alphanumerics, .urlPathAllowed, .urlQueryAllowed, []] {
            let encoded = try #require(Self.secret.addingPercentEncoding(withAllowedCharacters: allowed))
            for text in [encoded, encoded.lowercased()] { #expect(shown("<\(text)>") == "<***>", "\(text)") }
        }
        let units = Self.secret.utf16.map { String($0, radix: 16) }.map { "\\u" + String(repeating: "0", count: 4 - $0.count) + $0 }.joined()
        for text in [units, units.uppercased().replacing("\\U", with: "\\u")] { #expect(shown("a\(text)b") == "a***b") }
        #expect(shown(Self.secret + Self.secret) == "******")
        #expect(shown(String(Self.secret.dropLast()) + "!") == String(Self.secret.dropLast()) + "!")
    }

    /// Against Foundation's encoder: of what is encoded, no digit is left that the secret alone decides.
    @Test("A secret in Base64 is hidden wherever it stands in what was encoded, in either alphabet, and over lines")
    func base64() throws {
        var random = SeededGenerator(seed: 6)
        for round in 0..<200 {
            let secret = (0..<Int.random(in: 4...90, using: &random)).map { _ in UInt8.random(in: 0x21...0x7E, using: &random) }
            let before = (0..<Int.random(in: 0...7, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let after = (0..<Int.random(in: 0...7, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            var text = Data(before + secret + after).base64EncodedString(options: round % 3 == 0 ? [.lineLength76Characters, .endLineWithLineFeed] : [])
            if round % 3 == 1 { text = text.replacing("+", with: "-").replacing("/", with: "_") }
            if round % 3 == 2 { text = text.replacing("+", with: "%2B").replacing("/", with: "%2f") }
            let shown = shown("<\(text)>", secret: String(decoding: secret, as: UTF8.self))
            let parts = shown.split(separator: "***", omittingEmptySubsequences: false)
            #expect(parts.count == 2, "\(text) → \(shown)")
            guard parts.count == 2 else { continue }
            #expect(text.hasPrefix(parts[0].dropFirst()) && text.hasSuffix(parts[1].dropLast()))
            // What is left are digits of other bytes.
            #expect(parts[0].replacing("%2B", with: "+").replacing("%2f", with: "/").utf8.count - 1 <= before.count * 8 / 6 + 1)
        }
    }

    @Test("A secret is hidden when another stream writes in the middle of it")
    func interleaved() {
        for pieces in [["s3cr3t/", "50 %\n", "t0ken\n"], ["s3cr", "50 %\n", "3t/t0", "60 %\n", "ken\n"], ["s3", "50 %\n", "cr3t/t0ken\n"]] {
            let output = DeploymentOutput()
            output.hide([Secret("s3cr3t/t0ken")])
            for piece in pieces { output.append(Array(piece.utf8)) }
            let text = text(output)
            #expect(text.replacing("***", with: "").replacing("s3", with: "") == pieces.filter { $0.hasSuffix("%\n") }.joined() + "\n", "\(text)")
        }
    }

    /// The secret has other characters than all else, so that what is seen of it can be counted.
    @Test("Of secrets that two streams write in pieces, nothing but a few first characters is seen")
    func interleavedStreams() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<300 {
            let output = DeploymentOutput()
            output.hide([Secret("abcdefghij"), Secret("klmnopqrstuvwx")])
            var streams: [[UInt8]] = [[], []]
            var count = 0
            for index in streams.indices {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    streams[index] += (0..<Int.random(in: 1...9, using: &random)).map { _ in UInt8.random(in: 0x30...0x39, using: &random) }
                    streams[index] += Array((index == 0 ? "abcdefghij" : "klmnopqrstuvwx").utf8)
                    count += 1
                }
            }
            var digits = 0
            while streams.contains(where: { !$0.isEmpty }) {
                let index = Int.random(in: 0...1, using: &random)
                let piece = streams[index].prefix(Int.random(in: 1...12, using: &random))
                streams[index].removeFirst(piece.count)
                digits += piece.count { $0 < 0x3A }
                output.append(piece)
            }
            let shown = output.content()
            #expect(shown.count { $0 < 0x3A && $0 != 0x2A } == digits)
            #expect(shown.count { $0 >= 0x61 } <= 3 * count, "\(text(output))")
        }
    }

    @Test("A secret that is nothing but what escapes begin with takes no more than its time")
    func ambiguous() {
        let secret = String(repeating: "\\", count: 300)
        #expect(shown(secret, secret: secret) != secret)
        #expect(shown(String(repeating: "\\", count: 299) + "x", secret: secret).hasSuffix("x"))
    }

    @Test func aSecretPrintsAsNothing() {
        #expect("\(Secret("hidden"))" == "Secret")
        #expect(!String(reflecting: ["a": Secret("hidden")]).contains("hidden"))
    }
}

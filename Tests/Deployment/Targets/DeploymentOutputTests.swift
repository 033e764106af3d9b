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
        "it is pa\"ss w/rd!", #"{"token":"pa\"ss w/rd!"}"#, "?token=pa%22ss%20w%2Frd%21",
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
            let output = DeploymentOutput()
            output.hide(secrets.map { Secret($0) })
            var rest = text[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...7, using: &random))
                rest = rest.dropFirst(piece.count)
                output.append(piece)
            }
            let shown = self.text(output)
            for secret in secrets { #expect(!shown.contains(secret), "\(String(decoding: text, as: UTF8.self)) → \(shown)") }
            let whole = DeploymentOutput()
            whole.hide(secrets.map { Secret($0) })
            whole.append(text)
            #expect(self.text(whole) == shown)
        }
    }

    @Test func aSecretPrintsAsNothing() {
        #expect("\(Secret("hidden"))" == "Secret")
        #expect(!String(reflecting: ["a": Secret("hidden")]).contains("hidden"))
    }
}

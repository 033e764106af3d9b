import Foundation
import JSON
import TestSupport
import Testing

@testable import Deployment

@Suite("secrets of targets")
struct SecretValuesTests {
    @Test func aSecretComesFromAFileAVariableOrTheConfiguration() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("token", "from a file\r\n")
        setenv("SIGNALBOX_TEST_SECRET", "from a variable", 1)
        let secrets = try SecretValues(targetJSON(
            #"{"a": {"file": "\#(file)"}, "b": {"env": "SIGNALBOX_TEST_SECRET"}, "c": {"value": "given"}}"#))
        #expect(try secrets.read("a").text == "from a file")
        #expect(try secrets.read("b").text == "from a variable")
        #expect(try secrets.read("c").text == "given")
        // A secret that is replaced is the new one at once.
        try folder.write("token", "changed")
        #expect(try secrets.read("a").text == "changed")
    }

    @Test("What is not there says where it was looked for", arguments: [
        ("missing", "there is no file /nonexistent/token"), ("unset", "the variable SIGNALBOX_TEST_NOT_SET is not set"),
        ("other", "add it under \"secrets\" in the configuration"),
    ])
    func missing(name: String, reason: String) throws {
        let secrets = try SecretValues(targetJSON(
            #"{"missing": {"file": "/nonexistent/token"}, "unset": {"env": "SIGNALBOX_TEST_NOT_SET"}}"#))
        let error = #expect(throws: DeploymentError.self) { try secrets.read(name) }
        #expect(try #require(error).message.contains(reason))
    }

    @Test("A secret has one source", arguments: [
        (#"{"a": {}}"#, "/secrets/a"), (#"{"a": {"file": "x", "env": "y"}}"#, "/secrets/a"), (#"{"a": "x"}"#, "/secrets/a"),
        (#"{"a/b": {"fiel": "x"}}"#, "/secrets/a~1b/fiel"), (#"["a"]"#, "/secrets"),
    ])
    func sources(json: String, pointer: String) throws {
        let error = #expect(throws: DeploymentError.self) { try SecretValues(targetJSON(json)) }
        #expect(try #require(error).pointer == pointer)
    }
}

import Delivery
import JSON
import Testing

@testable import Server

@Suite struct FormatsConfigurationTests {
    private func options(_ text: String) throws -> FormatOptions {
        try Configuration(JSONValue.parse(text)).formatOptions(host: "hub.example:5000")
    }

    @Test("without a word, payloads have the scheme and host that the hub listens with")
    func standard() throws {
        let plain = try options("{}")
        #expect(plain.publicURL == "http://hub.example:5000")
        #expect([plain.accountID, plain.region] == ["000000000000", "local"])
        #expect(try options(#"{"tls": {"certificate": "c", "key": "k"}}"#).publicURL == "https://hub.example:5000")
    }

    @Test("a public URL, an account and a region go into payloads as they were given")
    func given() throws {
        let given = try options(#"{"publicURL": "https://r.example/hub/", "ecr": {"account": "123456789012", "region": "eu-central-1"}}"#)
        #expect(given.publicURL == "https://r.example/hub")
        #expect([given.accountID, given.region] == ["123456789012", "eu-central-1"])
    }

    @Test(
        "what cannot stand in a payload is refused, and the error names the key",
        arguments: [
            (#"{"publicURL": "r.example"}"#, "publicURL"), (#"{"publicURL": "https://r.example/?a"}"#, "publicURL"),
            (#"{"publicURL": "ftp://r.example"}"#, "publicURL"), (#"{"ecr": {"account": "1"}}"#, "ecr/account"),
            (#"{"ecr": {"account": "12345678901a"}}"#, "ecr/account"), (#"{"ecr": {"region": "EU"}}"#, "ecr/region"),
            (#"{"ecr": {"region": ""}}"#, "ecr/region"), (#"{"ecr": {"x": 1}}"#, "ecr"),
        ])
    func refused(text: String, key: String) {
        #expect { try Configuration(JSONValue.parse(text)) } throws: { "\($0)".contains(key) }
    }
}

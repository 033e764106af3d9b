import JSON
import OCI
import Testing
import TestSupport

@testable import Deployment

@Suite struct TemplateTests {
    private func values(tag: String? = "v1.0", event: String = "{}") throws -> TemplateValues {
        TemplateValues(
            registry: "hub.example:5000", repository: "team/app", tag: tag,
            digest: try #require(Digest("sha256:" + String(repeating: "a", count: 64))), environment: "production", deployment: "dep_12_ab",
            trigger: "deploy", event: try JSONValue.parse(event))
    }

    @Test("names are filled in", arguments: [
        ("", ""), ("plain", "plain"), ("{{tag}}", "v1.0"), ("a{{ tag }}b{{tag}}", "av1.0bv1.0"), ("{{repository}}", "team/app"), ("{{registry}}", "hub.example:5000"),
        ("{{environment}}/{{deployment}}/{{trigger}}", "production/dep_12_ab/deploy"), ("{{{{", "{{"), ("{{{{tag}}", "{{tag}}"), ("}} {", "}} {"),
        ("{{digest}}", "sha256:" + String(repeating: "a", count: 64)), ("{{image}}", "hub.example:5000/team/app:v1.0@sha256:" + String(repeating: "a", count: 64)),
        ("{{data.actor.name}}", "a\"b"), ("{{data.size}}", "12"), ("{{data.ok}}", "true"), ("{{data.platforms.1}}", "linux/arm64"), ("{{data.a-b.c_d}}", "x"),
    ])
    func renders(text: String, expected: String) throws {
        let event = #"{"data": {"actor": {"name": "a\"b"}, "size": 12, "ok": true, "platforms": ["linux/amd64", "linux/arm64"], "a-b": {"c_d": "x"}}}"#
        #expect(try Template(text, in: .text, pointer: "/target/body").rendered(try values(event: event)) == expected)
    }

    @Test("values are escaped for where they stand")
    func escapes() throws {
        let event = #"{"data": {"v": "a\"b\\c\n/?&=%+ é\u0000"}}"#
        func render(_ place: Template.Place) throws -> String { try Template("<{{data.v}}>", in: place, pointer: "").rendered(try values(event: event)) }
        #expect(try render(.text) == "<a\"b\\c\n/?&=%+ é\u{0}>")
        #expect(try render(.jsonString) == #"<a\"b\\c\n/?&=%+ é\u0000>"#)
        #expect(try render(.url) == "<a%22b%5Cc%0A%2F%3F%26%3D%25%2B%20%C3%A9%00>")
        #expect(try Template("{{image}}", in: .url, pointer: "").rendered(try values()).hasPrefix("hub.example%3A5000%2Fteam%2Fapp%3Av1.0%40sha256%3A"))
    }

    @Test("nothing that an event holds breaks out of a JSON string or of a URL's part")
    func containment() throws {
        var random = SeededGenerator(seed: 4)
        let scalars = Array("\"\\\n\t\u{0}/{}?&#= aé漢".unicodeScalars)
        for _ in 0..<500 {
            var value = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) { value.unicodeScalars.append(scalars.randomElement(using: &random) ?? "a") }
            var data = JSONObject()
            data["v"] = .string(value)
            var event = JSONObject()
            event["data"] = .object(data)
            var values = try values()
            values.event = .object(event)
            let json = try Template(#"{"x": "{{data.v}}"}"#, in: .jsonString, pointer: "").rendered(values)
            #expect(try JSONValue.parse(json)["x"] == .string(value))
            let url = try Template("{{data.v}}", in: .url, pointer: "").rendered(values)
            #expect(url.utf8.allSatisfy { ByteSet.word.contains($0) || "-.~%".utf8.contains($0) })
        }
    }

    @Test("an unknown name, and braces that do not close, are refused with their place", arguments: [
        "{{tagg}}", "{{}}", "{{ }}", "{{tag", "{{tag}", "x{{", "{{data}}", "{{data.}}", "{{data..a}}", "{{.a}}", "{{data.a b}}", "{{data.a[0]}}", "{{event.data}}", "{{TAG}}", "{{{tag}}}",
        "{{{{{{tag", "{{" + String(repeating: "a", count: 300) + "}}",
    ])
    func refuses(text: String) {
        let error = #expect(throws: DeploymentError.self) { try Template(text, in: .text, pointer: "/target/url") }
        #expect(error?.pointer == "/target/url")
        #expect(error?.code == .invalid)
    }

    @Test("a value that is missing, or is no plain value, is an error and not an empty text", arguments: [
        "{{tag}}", "{{data.none}}", "{{data.list}}", "{{data.list.9}}", "{{data.list.-1}}", "{{data.null}}", "{{data.text.x}}",
    ])
    func missing(text: String) throws {
        let template = try Template(text, in: .text, pointer: "/target/body")
        let values = try values(tag: nil, event: #"{"data": {"list": [1], "null": null, "text": "a"}}"#)
        #expect(throws: DeploymentError.self) { try template.rendered(values) }
    }

    @Test("what comes out is bounded")
    func bounded() throws {
        let event = "{\"data\": {\"v\": \"" + String(repeating: "a", count: 100_000) + "\"}}"
        let template = try Template(String(repeating: "{{data.v}}", count: 11), in: .text, pointer: "")
        #expect(throws: DeploymentError.self) { try template.rendered(try values(event: event)) }
        #expect(throws: DeploymentError.self) { try Template(String(repeating: "a", count: Template.maximumLength + 1), in: .text, pointer: "") }
    }
}

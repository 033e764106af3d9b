import Events
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
        ("{{data.actor.name}}", "a\"b"), ("{{data.size}}", "12"), ("{{data.platforms.1}}", "linux/arm64"),
    ])
    func renders(text: String, expected: String) throws {
        let event = #"{"data": {"actor": {"name": "a\"b"}, "size": 12, "platforms": ["linux/amd64", "linux/arm64"]}}"#
        #expect(try Template(text, in: .text, pointer: "/target/body").rendered(try values(event: event)) == expected)
    }

    @Test("values are escaped for where they stand")
    func escapes() throws {
        let event = #"{"data": {"tag": "a\"b\\c\n/?&=%+ é\u0000"}}"#
        func render(_ place: Template.Place) throws -> String { try Template("<{{data.tag}}>", in: place, pointer: "").rendered(try values(event: event)) }
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
            data["tag"] = .string(value)
            var event = JSONObject()
            event["data"] = .object(data)
            var values = try values()
            values.event = .object(event)
            let json = try Template(#"{"x": "{{data.tag}}"}"#, in: .jsonString, pointer: "").rendered(values)
            #expect(try JSONValue.parse(json)["x"] == .string(value))
            let url = try Template("{{data.tag}}", in: .url, pointer: "").rendered(values)
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
        "{{tag}}", "{{data.tag}}", "{{data.platforms.9}}", "{{data.size}}", "{{data.actor.name}}", "{{data.request.id}}",
    ])
    func missing(text: String) throws {
        let template = try Template(text, in: .text, pointer: "/target/body")
        let values = try values(tag: nil, event: #"{"data": {"platforms": ["linux/amd64"], "size": null, "actor": "a", "request": {"id": {}}}}"#)
        #expect(throws: DeploymentError.self) { try template.rendered(values) }
    }

    @Test("what comes out is bounded")
    func bounded() throws {
        let event = "{\"data\": {\"tag\": \"" + String(repeating: "a", count: 100_000) + "\"}}"
        let template = try Template(String(repeating: "{{data.tag}}", count: 11), in: .text, pointer: "")
        #expect(throws: DeploymentError.self) { try template.rendered(try values(event: event)) }
        #expect(throws: DeploymentError.self) { try Template(String(repeating: "a", count: Template.maximumLength + 1), in: .text, pointer: "") }
    }

    @Test("what no event of a push has is refused, with what there is", arguments: [
        "{{data.nothing}}", "{{data.actor}}", "{{data.actor.age}}", "{{data.platforms}}", "{{data.platforms.x}}", "{{data.platforms.0.os}}", "{{data.tag.x}}",
        "{{data.missing.-1}}", "{{data.platforms.12345}}", "{{data.counts.high}}",
    ])
    func notInTheEvent(text: String) {
        let error = #expect(throws: DeploymentError.self) { try Template(text, in: .text, pointer: "/target/arguments/0") }
        #expect(error?.pointer == "/target/arguments/0")
        let message = error?.message ?? ""
        #expect(message.hasPrefix("\"target/arguments/0\": \(text) is not in the event of a push; there are data.registry, "), "\(message)")
        #expect(message.contains("data.request.userAgent") && message.contains("data.platforms.N"))
    }

    @Test("what the event of a push can have is known to templates, and nothing else")
    func members() throws {
        let digest = Sample.digest(1)
        let change = ImageChange(
            repository: Sample.app, tag: Tag("v1"), digest: digest, mediaType: .imageManifest, artifactType: "a/b", size: 1, previousDigest: digest,
            platforms: ["linux/amd64"], subject: digest, missing: [digest])
        let event = Event(id: .next(now: 1), registry: "hub.example", context: Sample.context, payload: .imagePushed(change))
        var bytes: [UInt8] = []
        event.encode(into: &bytes, sequence: 1, time: 1)
        var found: Set<String> = []
        func visit(_ value: JSONValue, _ path: String) {
            switch value {
            case .object(let object): for member in object.members { visit(member.value, path.isEmpty ? member.key : path + "." + member.key) }
            case .array: found.insert(path + ".N")
            default: found.insert(path)
            }
        }
        visit(try #require(JSONValue.parse(bytes)["data"]), "")
        #expect(found == Set(TemplateName.members + TemplateName.lists.map { $0 + ".N" }))
    }
}

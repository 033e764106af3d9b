import Events
import Foundation
import JSON
import Testing

@testable import Delivery

@Suite struct DocumentTests {
    private static func text() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/formats.md"), encoding: .utf8)
    }

    private static func block(_ language: String, in section: String) throws -> String {
        let rest = try #require(section.components(separatedBy: "```\(language)\n").dropFirst().first)
        return try #require(rest.components(separatedBy: "\n```").first)
    }

    @Test("docs/formats.md shows what each format sends", arguments: PayloadFormat.allCases)
    func examples(format: PayloadFormat) throws {
        let section = try #require(try Self.text().components(separatedBy: "\n### `\(format.rawValue)`\n").dropFirst().first)
        let event = try #require(try Samples.documented().first { $0.type == .imagePushed }?.body)
        let payload = try #require(try format.payload(of: event, Samples.options))
        let fields = [("content-type", payload.contentType)] + payload.headers.map { ($0.name, $0.value) }
        #expect(try Self.block("http", in: section) == fields.map { "\($0.0): \($0.1)" }.joined(separator: "\n"))
        let body = try JSONValue.parse(try Self.block("json", in: section)).encoded
        #expect(String(decoding: body, as: UTF8.self) == String(decoding: payload.body, as: UTF8.self))
    }

    @Test("docs/formats.md names every scheme and its field", arguments: SignatureScheme.allCases)
    func schemes(scheme: SignatureScheme) throws {
        #expect(try Self.text().contains("| `\(scheme.rawValue)` | `\(scheme.fieldName)` |"))
    }
}

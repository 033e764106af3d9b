import HTTP
import JSON

extension Command {
    private static let formats = ["trivy", "grype", "sarif"]
    /// As the hub has it.
    private static let maximumSize = 32 << 20

    static let scanReport: Command = Command(
        name: "scan report", summary: "Send in a scanner's report on an image; triggers can wait for it, webhooks hear of it.",
        operands: [Operand(name: "REPOSITORY@DIGEST"), Operand(name: "FILE")],
        options: [
            Option(name: "--format", value: "FORMAT", help: "what wrote the file: trivy (JSON), grype (JSON) or sarif (2.1.0)"),
            HubClient.option, HubClient.authorities, Option(name: "--json", help: "the scan as the hub recorded it"),
        ],
        example: "signalbox scan report team/app@sha256:0123...cdef report.json --format trivy"
    ) { arguments in
        guard let format = arguments.value("--format"), formats.contains(format) else {
            throw UsageError("--format must be one of \(formats.joined(separator: ", "))", scanReport)
        }
        let image = arguments.operands[0]
        guard let mark = image.lastIndex(of: "@"), image[..<mark].firstIndex(of: ":") == nil else {
            throw UsageError("the image must be given as REPOSITORY@sha256:..., without registry and tag, not \"\(image)\"", scanReport)
        }
        let report = try InputFile.bytes(arguments.operands[1], limit: maximumSize)
        let path = "/api/v1/scans?repository=\(encoded(image[..<mark]))&digest=\(encoded(image[mark...].dropFirst()))&format=\(format)"
        let type = format == "sarif" ? "application/sarif+json" : "application/json"
        let scan = try await HubClient(arguments).call(.post, path, content: report, type: type) ?? .null
        if arguments.has("--json") { return Terminal.line(scan.encoded) }
        Terminal.out(summary(scan))
    }

    private static func encoded(_ text: Substring) -> String { PercentEncoding.encode(String(text)) }

    private static func summary(_ scan: JSONValue) -> String {
        let severities = ["critical", "high", "medium", "low", "negligible", "unknown"]
        let counts = severities.compactMap { name in
            scan["counts"]?[name]?.int.flatMap { $0 > 0 ? "\($0) \(name)" : nil }
        }
        let fixable = scan["fixable"]?.int.map { ", \($0) with a fix" } ?? ""
        let found = counts.isEmpty ? "nothing found" : counts.joined(separator: ", ") + fixable
        return "recorded: \(found) (\(scan["scanner"]?["name"]?.string ?? "?")), report \(scan["report"]?["digest"]?.string ?? "?")\n"
    }
}

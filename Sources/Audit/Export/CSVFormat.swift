import JSON

/// Events as lines of RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front.
enum CSVFormat {
    private static let columns: [(name: String, value: @Sendable (JSONValue) -> String?)] = [
        ("sequence", { $0["sequence"]?.string }), ("time", { $0["time"]?.string }), ("id", { $0["id"]?.string }), ("type", { $0["type"]?.string }),
        ("outcome", { $0["type"]?.string.map { Outcome(type: $0).rawValue } }), ("subject", { $0["subject"]?.string }),
        ("principal", { $0["data"]?["actor"]?["name"]?.string }), ("kind", { $0["data"]?["actor"]?["kind"]?.string }),
        ("address", { $0["data"]?["request"]?["address"]?.string }), ("userAgent", { $0["data"]?["request"]?["userAgent"]?.string }),
        ("method", { $0["data"]?["request"]?["method"]?.string }), ("requestId", { $0["data"]?["request"]?["id"]?.string }),
        ("repository", { $0["data"]?["repository"]?.string }), ("tag", { $0["data"]?["tag"]?.string }), ("digest", { $0["data"]?["digest"]?.string }),
        ("previousDigest", { ($0["data"]?["previousDigest"] ?? $0["data"]?["currentDigest"])?.string }),
        ("data", { $0["data"].map { String(decoding: $0.encoded, as: UTF8.self) } }),
    ]

    static let head = Array((columns.map(\.name).joined(separator: ",") + "\r\n").utf8)

    static func append(_ event: JSONValue, to out: inout [UInt8]) {
        for (index, column) in columns.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            append(column.value(event) ?? "", to: &out)
        }
        out += [0x0D, 0x0A]
    }

    private static let formulaStarts = Array("=+-@\t\r\n".utf8)

    static func append(_ text: String, to out: inout [UInt8]) {
        var bytes = Array(text.utf8)
        if let first = bytes.first, formulaStarts.contains(first) { bytes.insert(UInt8(ascii: "'"), at: 0) }
        guard bytes.contains(where: { [UInt8(ascii: "\""), UInt8(ascii: ","), 0x0A, 0x0D].contains($0) }) else {
            out += bytes
            return
        }
        out.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { out.append(byte) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "\""))
    }
}

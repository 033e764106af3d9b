package import JSON

/// An event as a syslog message (RFC 5424), framed by its length (RFC 6587, 3.4.1; RFC 5425).
package enum SyslogMessage {
    /// Log audit, by RFC 5424's table.
    private static let facility = 13
    /// There is no number of our own; this one is for examples (RFC 5612).
    static let dataID = "signalbox@32473"

    package static func append(_ event: JSONValue, to out: inout [UInt8]) {
        let message = message(event)
        out += Array("\(message.count) ".utf8)
        out += message
    }

    static func message(_ event: JSONValue) -> [UInt8] {
        let type = event["type"]?.string ?? ""
        let data = event["data"]
        let severity = switch Outcome(type: type) {
        case .success: 6
        case .refused: 4
        case .failed: 3
        }
        let short = type.hasPrefix("io.signalbox.") ? String(type.dropFirst("io.signalbox.".count)) : type
        var bytes = Array("<\(facility * 8 + severity)>1 \(event["time"]?.string ?? "-") ".utf8)
        bytes += name(data?["registry"]?.string, 255) + [0x20]
        bytes += Array("signalbox - ".utf8) + name(short, 32) + Array(" [\(dataID)".utf8)
        let values: [(String, String?)] = [
            ("sequence", event["sequence"]?.string), ("id", event["id"]?.string), ("type", type), ("outcome", Outcome(type: type).rawValue),
            ("principal", data?["actor"]?["name"]?.string), ("address", data?["request"]?["address"]?.string),
            ("requestId", data?["request"]?["id"]?.string), ("repository", data?["repository"]?.string), ("tag", data?["tag"]?.string),
            ("digest", data?["digest"]?.string),
        ]
        for (key, value) in values {
            guard let value, !value.isEmpty else { continue }
            bytes += Array(" \(key)=\"".utf8)
            append(value, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += Array("] ".utf8)
        appendASCII(event.encoded, to: &bytes)
        return bytes
    }

    /// Printable ASCII without spaces, cut to a length; a hyphen where there is nothing.
    private static func name(_ text: String?, _ limit: Int) -> [UInt8] {
        let bytes = (text ?? "").utf8.filter { $0 > 0x20 && $0 < 0x7F }.prefix(limit)
        return bytes.isEmpty ? [UInt8(ascii: "-")] : Array(bytes)
    }

    /// A parameter's value: quotes, backslashes and closing brackets are escaped.
    private static func append(_ value: String, to out: inout [UInt8]) {
        for byte in value.utf8 {
            if [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "]")].contains(byte) { out.append(UInt8(ascii: "\\")) }
            // A line's end would end the message for receivers that do not count.
            out.append(byte < 0x20 || byte == 0x7F ? UInt8(ascii: " ") : byte)
        }
    }

    /// JSON with all but ASCII escaped: text without a byte order mark has no encoding of its own in syslog.
    static func appendASCII(_ json: [UInt8], to out: inout [UInt8]) {
        guard json.contains(where: { $0 >= 0x80 }) else {
            out += json
            return
        }
        for unit in String(decoding: json, as: UTF8.self).utf16 {
            guard unit >= 0x80 else {
                out.append(UInt8(unit))
                continue
            }
            let hex = String(unit, radix: 16)
            out += Array("\\u\(String(repeating: "0", count: 4 - hex.count))\(hex)".utf8)
        }
    }
}

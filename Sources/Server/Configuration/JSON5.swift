import Foundation
package import JSON

/// JSON5 text (comments, trailing commas, unquoted keys) as a JSON value, by Foundation's reader.
package enum JSON5 {
    package static func parse(_ bytes: [UInt8]) throws(ConfigurationError) -> JSONValue {
        // Plain JSON, such as a program writes: that reader takes ten times as long, which many triggers show at the start.
        if let value = try? JSONValue.parse(bytes), let plain = normalized(value) { return plain }
        // Foundation's reader stops the process at bytes that are no text.
        guard String(validating: bytes, as: UTF8.self) != nil else { throw ConfigurationError("it is not JSON5: it is not a text in UTF-8") }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            return try decoder.decode(Node.self, from: Data(bytes)).value
        } catch {
            throw ConfigurationError("it is not JSON5: \(JSON5Fault.find(in: bytes)?.description ?? "\(error)")")
        }
    }

    /// Numbers as the other reader has them: what a setting is must not follow from how the file is read.
    private static func normalized(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .null, .bool, .string: return value
        case .number(let number):
            if let int = Int64(number.text) { return .number(JSONNumber(int)) }
            return Double(number.text).flatMap(Node.number)
        case .array(let elements):
            let plain = elements.compactMap(normalized)
            return plain.count == elements.count ? .array(plain) : nil
        case .object(let object):
            var plain = JSONObject()
            for member in object.members {
                guard let value = normalized(member.value) else { return nil }
                plain[member.key] = value
            }
            return .object(plain)
        }
    }

    private struct Node: Decodable {
        let value: JSONValue

        init(from decoder: any Decoder) throws {
            if let members = try? decoder.container(keyedBy: Key.self) {
                var object = JSONObject()
                for key in members.allKeys { object[key.stringValue] = try members.decode(Node.self, forKey: key).value }
                value = .object(object)
            } else if var elements = try? decoder.unkeyedContainer() {
                var array: [JSONValue] = []
                while !elements.isAtEnd { array.append(try elements.decode(Node.self).value) }
                value = .array(array)
            } else {
                value = try Self.scalar(try decoder.singleValueContainer())
            }
        }

        static func number(_ double: Double) -> JSONValue? {
            if let int = Int64(exactly: double) { return .number(JSONNumber(int)) }
            return JSONNumber(double).map { .number($0) }
        }

        private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSONValue {
            if container.decodeNil() { return .null }
            if let bool = try? container.decode(Bool.self) { return .bool(bool) }
            if let double = try? container.decode(Double.self) {
                // Asked for a whole number, that reader cuts 1.5 to 1.
                if double == double.rounded(), let int = try? container.decode(Int64.self) { return .number(JSONNumber(int)) }
                if let number = number(double) { return number }
            }
            return .string(try container.decode(String.self))
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

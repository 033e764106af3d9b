import IO
import JSON

/// Files that options name: for what is long, and for secrets, which others could read from the command line.
enum InputFile {
    static let limit = 1 << 20

    static func bytes(_ path: String, limit: Int = limit) throws -> [UInt8] {
        guard let bytes = try Files.read(path, limit: limit) else { throw CommandFailure("cannot read \(path): there is no such file") }
        return bytes
    }

    /// The text as it stands, for PEM and JSON.
    static func text(_ path: String) throws -> String {
        guard let text = String(validating: try bytes(path), as: UTF8.self) else { throw CommandFailure("\(path) is not text in UTF-8") }
        return text
    }

    /// A secret: the text without the line break that editors put at its end.
    static func secret(_ path: String) throws -> String {
        var text = try text(path)
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else { throw CommandFailure("\(path) is empty") }
        return text
    }

    /// - Parameter name: what the JSON is, for errors.
    static func json(_ text: String, _ name: String) throws -> JSONValue {
        do throws(JSONError) { return try JSONValue.parse(text) } catch {
            throw CommandFailure("\(name) is \(error)")
        }
    }
}

package import JSON

/// One error as clients of the distribution API see it.
package struct OCIError: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: ErrorCode
    /// One clear sentence.
    package let message: String
    package let detail: JSONValue?

    package init(_ code: ErrorCode, _ message: String, detail: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(message)" }

    /// The body `{"errors": [{"code", "message", "detail"}]}` of an answer that is an error.
    package static func body(_ errors: [OCIError]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("errors")
        writer.beginArray()
        for error in errors {
            writer.beginObject()
            writer.member("code", error.code.rawValue)
            writer.member("message", error.message)
            if let detail = error.detail {
                writer.key("detail")
                writer.value(detail)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

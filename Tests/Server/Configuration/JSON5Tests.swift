import JSON
import Testing

@testable import Server

@Suite("JSON5")
struct JSON5Tests {
    @Test("plain JSON means what it means as JSON5, whichever of the two readers reads it", arguments: [
        "null", "true", "[]", "{}", "0", "-0", "1", "-17", "1.0", "1.5", "1e3", "1E-2", "9223372036854775807", "9223372036854775808",
        "123456789012345678901234567890", "0.1", "-2.5e-3", "1e400", #""""#, #""\u00e9 \" \\ \n""#, #"{"a":[1,2.0,{"b":null}],"c":"d","e":false}"#,
        #"{"a":1,"a":2}"#, #"[{"name":"x","timeout":"5s","count":1e2}]"#,
    ])
    func plain(text: String) throws {
        let plain = try? JSON5.parse(Array(text.utf8))
        // The comment is for the reader of JSON5 alone.
        let commented = try? JSON5.parse(Array(("// a comment\n" + text).utf8))
        #expect(plain?.fingerprintText == commented?.fingerprintText, "\(String(describing: plain)) \(String(describing: commented))")
    }
}

extension JSONValue {
    /// The value with the members of its objects in the order of their keys.
    fileprivate var fingerprintText: String {
        switch self {
        case .object(let object):
            "{" + object.members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.fingerprintText)" }.joined(separator: ",") + "}"
        case .array(let elements): "[" + elements.map(\.fingerprintText).joined(separator: ",") + "]"
        default: String(decoding: encoded, as: UTF8.self)
        }
    }
}

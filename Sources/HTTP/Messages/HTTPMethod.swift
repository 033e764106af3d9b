/// A request method (RFC 9110, section 9). Methods are case-sensitive tokens; the usual ones cost no allocation.
package enum HTTPMethod: Sendable, Hashable {
    case get, head, post, put, patch, delete, options, connect, trace
    /// Any other token.
    case other(String)

    package init(_ text: String) {
        self = HTTPMethod(known: HTTPMethod.word(of: text)) ?? .other(text)
    }

    /// The method as it stands in a request line.
    package var text: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other(let text): text
        }
    }

    /// RFC 9110, section 9.2.2: doing it twice is the same as doing it once, so a client may send it again.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .patch, .connect, .other: false
        }
    }
}

extension HTTPMethod: CustomStringConvertible {
    package var description: String { text }
}

extension HTTPMethod {
    /// Up to eight bytes packed into one word, first byte highest, so that a method is told by one comparison.
    init?(known word: UInt64) {
        switch word {
        case 0x47_45_54: self = .get
        case 0x48_45_41_44: self = .head
        case 0x50_4F_53_54: self = .post
        case 0x50_55_54: self = .put
        case 0x50_41_54_43_48: self = .patch
        case 0x44_45_4C_45_54_45: self = .delete
        case 0x4F_50_54_49_4F_4E_53: self = .options
        case 0x43_4F_4E_4E_45_43_54: self = .connect
        case 0x54_52_41_43_45: self = .trace
        default: return nil
        }
    }

    private static func word(of text: String) -> UInt64 {
        guard text.utf8.count <= 8 else { return 0 }
        return text.utf8.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

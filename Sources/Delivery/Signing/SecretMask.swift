import Crypto
import HTTP

/// Hides a webhook's secrets in what its receiver answers: many send back what they were sent, and what they answer is kept
/// and shown.
struct SecretMask: Sendable {
    /// Shorter ones stand in too many answers by chance.
    static let shortest = 4
    private static let mask = Array("***".utf8)

    /// In all the forms in which they are likely to come back, in small letters, the longest first.
    private let secrets: [[UInt8]]
    /// A bit for each byte that one of them begins with; small letters.
    private let starts: [UInt64]

    init(_ credentials: WebhookCredentials, url: HTTPURL) {
        var texts = url.secrets + url.secrets.compactMap { PercentEncoding.decode($0, plusIsSpace: true) }
        let values = [credentials.authorization, credentials.token].compactMap { $0 } + credentials.headers.map(\.value)
        texts += values + values.flatMap(Self.parts) + credentials.secrets.map(\.secret.revealed)
        texts += credentials.secrets.map { Base64.encode($0.secret.bytes) }
        var forms: Set<[UInt8]> = []
        for text in texts where text.utf8.count >= Self.shortest {
            for form in Self.forms(of: text) { forms.insert(form.utf8.map(Self.lowercase)) }
        }
        secrets = forms.sorted { $0.count > $1.count }
        var starts: [UInt64] = [0, 0, 0, 0]
        for secret in secrets { secret.first.map { starts[Int($0 >> 6)] |= 1 << UInt64($0 & 63) } }
        self.starts = starts
    }

    /// What a value such as `Bearer ...` or `Basic ...` has in it.
    private static func parts(_ value: String) -> [String] {
        guard let space = value.firstIndex(of: " ") else { return [] }
        let rest = String(value[space...].drop { $0 == " " })
        guard value[..<space].lowercased() == "basic", let bytes = Base64.decode(rest), let pair = String(validating: bytes, as: UTF8.self)
        else { return [rest] }
        return [rest, pair] + (pair.firstIndex(of: ":").map { [String(pair[pair.index(after: $0)...])] } ?? [])
    }

    /// As it is, and as it stands in JSON, HTML and URLs.
    private static func forms(of text: String) -> [String] {
        func replacing(_ pairs: [(String, String)], in text: String) -> String {
            pairs.reduce(text) { $0.replacing($1.0, with: $1.1) }
        }
        let json = replacing([("\\", "\\\\"), ("\"", "\\\"")], in: text)
        // Go escapes no more than these three, Gson and .NET a few more.
        let markup = [("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")]
        let apostrophe = ("'", "\\u0027")
        let escaped = PercentEncoding.encode(text)
        return [
            text, json, json.replacing("/", with: "\\/"), replacing(markup, in: json),
            replacing(markup + [apostrophe, ("=", "\\u003d")], in: json),
            replacing([("\\", "\\\\"), ("\"", "\\u0022"), ("+", "\\u002b"), ("`", "\\u0060"), apostrophe] + markup, in: text),
            replacing([("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")], in: text),
            replacing([("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;"), ("'", "&#39;")], in: text),
            escaped, escaped.replacing("%20", with: "+"),
        ]
    }

    /// The same for a whole text.
    func apply(to text: String) -> String { String(decoding: apply(to: Array(text.utf8), isCut: false), as: UTF8.self) }

    /// Letters count as the same in both cases: many a receiver writes names and values its own way.
    /// - Parameter isCut: the answer goes on behind this, and a secret may begin at its end.
    func apply(to answer: [UInt8], isCut: Bool) -> [UInt8] {
        guard let last = secrets.last, answer.count >= last.count || isCut else { return answer }
        let lowered = answer.map(Self.lowercase)
        var masked: [UInt8] = []
        // What was taken over so far; nothing is copied where there is nothing to hide.
        var taken = 0
        var position = 0
        while position < answer.count {
            let byte = lowered[position]
            guard starts[Int(byte >> 6)] & 1 << UInt64(byte & 63) != 0, let length = secret(in: lowered, at: position, isCut: isCut) else {
                position += 1
                continue
            }
            masked += answer[taken..<position]
            masked += Self.mask
            position += length
            taken = position
        }
        return taken == 0 ? answer : masked + answer[taken...]
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// How much of the answer is a secret from there on; nil where none begins there.
    private func secret(in answer: [UInt8], at position: Int, isCut: Bool) -> Int? {
        let rest = answer[position...]
        for secret in secrets {
            if rest.count >= secret.count {
                if rest.starts(with: secret) { return secret.count }
            } else if isCut, rest.count >= Self.shortest, secret.starts(with: rest) {
                return rest.count
            }
        }
        return nil
    }
}

import HTTP
import JSON

/// Replaces secrets in a stream of bytes. What could be the beginning of one is held back until more is known.
struct Redactor: Sendable {
    /// Longest first, so that a secret that contains another goes as a whole.
    private var secrets: [[UInt8]] = []
    /// The bytes that some secret begins with: most of a text is passed over by one look.
    private var mayBegin = [Bool](repeating: false, count: 256)
    /// Held back because it may be the beginning of a secret.
    private var held: [UInt8] = []

    /// Below this length a text is no secret worth the name, and replacing it would tear up everything.
    private static let shortest = 4
    private static let mark = Array("***".utf8)

    /// The same secrets, for another text.
    var fresh: Redactor {
        var copy = self
        copy.held = []
        return copy
    }

    mutating func hide(_ texts: [String]) {
        for text in texts {
            for form in Self.forms(of: text) where form.count >= Self.shortest && !secrets.contains(form) { secrets.append(form) }
        }
        secrets.sort { $0.count > $1.count }
        for secret in secrets { mayBegin[Int(secret[0])] = true }
    }

    /// What can be shown of the text so far.
    mutating func feed(_ bytes: some Collection<UInt8>) -> [UInt8] {
        guard let longest = secrets.first?.count else { return Array(bytes) }
        held.append(contentsOf: bytes)
        var shown: [UInt8] = []
        shown.reserveCapacity(held.count)
        var position = 0
        while position < held.count {
            guard mayBegin[Int(held[position])] else {
                shown.append(held[position])
                position += 1
                continue
            }
            let rest = held[position...]
            // Not yet decided: with more bytes it may become a secret, or a longer one.
            if rest.count < longest, secrets.contains(where: { $0.count > rest.count && $0.starts(with: rest) }) { break }
            if let secret = secrets.first(where: { rest.starts(with: $0) }) {
                shown.append(contentsOf: Self.mark)
                position += secret.count
            } else {
                shown.append(held[position])
                position += 1
            }
        }
        held.removeFirst(position)
        return shown
    }

    /// What is held back, as it may be shown: half a secret is hidden too.
    var pending: [UInt8] { held.count < Self.shortest ? held : Self.mark }

    /// How a secret may be echoed: as it is, line by line where it has several, within JSON, and percent-encoded.
    private static func forms(of text: String) -> [[UInt8]] {
        var forms = [Array(text.utf8), escapedForJSON(text), Array(PercentEncoding.encode(text).utf8)]
        let lines = text.split(whereSeparator: \.isNewline)
        if lines.count > 1 { forms += lines.filter { $0.utf8.count >= 16 }.map { Array($0.utf8) } }
        return forms
    }

    private static func escapedForJSON(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONText.append(text, to: &bytes)
        return Array(bytes.dropFirst().dropLast())
    }
}

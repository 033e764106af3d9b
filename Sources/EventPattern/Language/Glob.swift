/// The shape of a string as a list of steps over its UTF-8 bytes. `prefix: "a"` is `a*`, `suffix: "a"` is `*a`.
struct Glob: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case byte(UInt8)
        /// A character that ignores case: one of these byte sequences.
        case oneOf([[UInt8]])
        /// Any bytes, or none.
        case star
    }

    var steps: [Step]

    /// Steps that can be reached at any place of a text.
    var floatingSteps: Int {
        steps.firstIndex(of: .star).map { steps.count - $0 - 1 } ?? 0
    }

    /// The bytes, where no step leaves a choice.
    var literal: [UInt8]? {
        var bytes: [UInt8] = []
        for step in steps {
            guard case .byte(let byte) = step else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}

extension Glob {
    enum Anchor {
        case whole, start, end
    }

    init(_ text: [UInt8], ignoringCase: Bool, anchor: Anchor) {
        let body = ignoringCase ? Self.folded(text) : text.map(Step.byte)
        switch anchor {
        case .whole: steps = body
        case .start: steps = body + [.star]
        case .end: steps = [.star] + body
        }
    }

    /// A character equals another when one's lower or upper case is the other's (Unicode's full mappings, no locale).
    private static func folded(_ text: [UInt8]) -> [Step] {
        var steps: [Step] = []
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            let own = Array(String(scalar).utf8)
            var forms = [own]
            for form in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
                let bytes = Array(form.utf8)
                if !forms.contains(bytes) { forms.append(bytes) }
            }
            if forms.count == 1 {
                steps.append(contentsOf: own.map(Step.byte))
            } else {
                steps.append(.oneOf(forms.sorted { $0.lexicographicallyPrecedes($1) }))
            }
        }
        return steps
    }

    /// `*` is any bytes; `\*` and `\\` are the characters themselves.
    init(wildcard text: [UInt8]) throws(WildcardError) {
        steps = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "*"):
                guard steps.last != .star else { throw WildcardError(reason: "two wildcards in a row say no more than one") }
                steps.append(.star)
            case UInt8(ascii: "\\"):
                index += 1
                guard index < text.count, text[index] == UInt8(ascii: "*") || text[index] == UInt8(ascii: "\\") else {
                    throw WildcardError(reason: "a backslash in a wildcard stands before * or another backslash only")
                }
                steps.append(.byte(text[index]))
            default:
                steps.append(.byte(text[index]))
            }
            index += 1
        }
    }
}

struct WildcardError: Error {
    let reason: String
}

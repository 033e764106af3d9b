import Events

/// The terms of an event, for the log's indexes.
enum EventTerms {
    /// A family of types has at least this many dots: `io.signalbox.image`.
    static let familyDots = 2

    @Sendable static func append(_ body: Span<UInt8>, to terms: inout [UInt64]) {
        EventWalk.run(body) { field, range, escaped in
            guard !escaped else {
                let text = EventWalk.unescaped(body, range)
                return add(field, text.span, 0..<text.count, &terms)
            }
            add(field, body, range, &terms)
        }
    }

    private static func add(_ field: EventWalk.Field, _ text: Span<UInt8>, _ range: Range<Int>, _ terms: inout [UInt64]) {
        switch field {
        case .id: terms.append(EventTerm.of(.id, text, range))
        case .type:
            terms.append(EventTerm.of(.type, text, range))
            var dots = 0
            for index in range where text[index] == UInt8(ascii: ".") {
                if dots >= familyDots { terms.append(EventTerm.of(.family, text, range.lowerBound..<index)) }
                dots += 1
            }
            let outcome = Outcome(type: text, range)
            if outcome != .success { terms.append(EventTerm.of(.outcome, outcome.rawValue)) }
        case .repository:
            terms.append(EventTerm.of(.repository, text, range))
            for index in range where text[index] == UInt8(ascii: "/") {
                terms.append(EventTerm.of(.folder, text, range.lowerBound..<index))
            }
        case .tag: terms.append(EventTerm.of(.tag, text, range))
        case .digest, .other: if isDigest(text, range) { terms.append(EventTerm.of(.digest, text, range)) }
        case .principal: terms.append(EventTerm.of(.principal, text, range))
        case .address: terms.append(EventTerm.of(.address, text, range))
        case .request: terms.append(EventTerm.of(.request, text, range))
        case .subject: if !range.contains(where: { text[$0] == UInt8(ascii: "@") }) { terms.append(EventTerm.of(.subject, text, range)) }
        case .environment: terms.append(EventTerm.of(.environment, text, range))
        case .time, .principalKind, .userAgent: break
        }
    }

    /// `sha256:` or `sha512:` and as many digits as either has.
    static func isDigest(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count == 71 || range.count == 135 else { return false }
        let start = range.lowerBound
        return text[start] == UInt8(ascii: "s") && text[start + 1] == UInt8(ascii: "h") && text[start + 2] == UInt8(ascii: "a")
            && text[start + 6] == UInt8(ascii: ":")
    }
}

/// How something ended, told by the last word of its type.
package enum Outcome: String, Sendable, CaseIterable {
    case success
    /// Somebody may not do what they tried: a guard, a policy or a person said no.
    case refused
    case failed

    /// The last words of types that are not successes.
    static let refusals = ["rejected", "denied", "refused"]
    static let failures = ["failed", "interrupted"]

    init(type text: Span<UInt8>, _ range: Range<Int>) {
        var start = range.upperBound
        while start > range.lowerBound, text[start - 1] != UInt8(ascii: ".") { start -= 1 }
        // Most are told by their last letter.
        guard start < range.upperBound, text[range.upperBound - 1] == UInt8(ascii: "d") else {
            self = .success
            return
        }
        let word = EventWalk.string(text, start..<range.upperBound, false)
        self = Self.refusals.contains(word) ? .refused : Self.failures.contains(word) ? .failed : .success
    }

    package init(type: String) {
        let bytes = Array(type.utf8)
        self.init(type: bytes.span, 0..<bytes.count)
    }
}

/// A JSON value that knows where it stands, so that an error in a pattern can say the place.
/// Members keep their order and their repetitions: in a pattern the last of two equal keys counts.
struct SourceValue {
    enum Kind {
        case null
        case bool(Bool)
        case number([UInt8])
        case string([UInt8])
        case array([SourceValue])
        case object([SourceMember])
    }

    let range: Range<Int>
    let kind: Kind

    var offset: Int { range.lowerBound }
}

struct SourceMember {
    let key: [UInt8]
    let keyOffset: Int
    let value: SourceValue
}

/// Reads one JSON text strictly (RFC 8259, UTF-8 checked, nothing after the value).
struct SourceReader: ~Copyable {
    private let bytes: [UInt8]
    private let depthLimit: Int
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8], depth: Int) {
        self.bytes = bytes
        depthLimit = depth
    }

    mutating func document() throws(EventError) -> SourceValue {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw error("more text after the value") }
        return value
    }

    private func error(_ reason: String) -> EventError {
        EventError(offset: position, reason: reason)
    }

    private var current: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipSpace() {
        position = JSONScan.space(bytes.span, from: position)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(EventError) -> SourceValue {
        skipSpace()
        let start = position
        let kind: SourceValue.Kind
        switch current {
        case nil: throw error("the text ends where a value is expected")
        case UInt8(ascii: "{"): kind = .object(try members())
        case UInt8(ascii: "["): kind = .array(try elements())
        case UInt8(ascii: "\""): kind = .string(try string())
        default: kind = try scalar()
        }
        return SourceValue(range: start..<position, kind: kind)
    }

    private mutating func scalar() throws(EventError) -> SourceValue.Kind {
        let end = JSONScan.scalarEnd(bytes.span, from: position)
        let text = Array(bytes[position..<end])
        switch JSONScan.word(bytes.span, position..<end) {
        case .null?: position = end; return .null
        case .no?: position = end; return .bool(false)
        case .yes?: position = end; return .bool(true)
        case nil: break
        }
        guard JSONScan.isNumber(bytes.span, position..<end) else { throw error("a value is expected here") }
        position = end
        return .number(text)
    }

    private mutating func string() throws(EventError) -> [UInt8] {
        let start = position
        let (end, escaped) = try JSONScan.stringEnd(bytes.span, from: position + 1)
        position = end + 1
        var text: [UInt8] = []
        if escaped {
            try JSONScan.unescape(bytes.span, start + 1..<end, into: &text)
        } else {
            text = Array(bytes[start + 1..<end])
        }
        guard String(validating: text, as: UTF8.self) != nil else {
            throw EventError(offset: start, reason: "a string that is not UTF-8")
        }
        return text
    }

    private mutating func enter() throws(EventError) {
        guard depth < depthLimit else { throw error("nested deeper than \(depthLimit) levels") }
        depth += 1
        position += 1
        skipSpace()
    }

    private mutating func elements() throws(EventError) -> [SourceValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [SourceValue] = []
        if take("]") { return elements }
        while true {
            elements.append(try value())
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw error("expected a comma or the end of the array") }
        }
    }

    private mutating func members() throws(EventError) -> [SourceMember] {
        try enter()
        defer { depth -= 1 }
        var members: [SourceMember] = []
        if take("}") { return members }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
            let start = position
            let key = try string()
            skipSpace()
            guard take(":") else { throw error("expected a colon after the key") }
            members.append(SourceMember(key: key, keyOffset: start, value: try value()))
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw error("expected a comma or the end of the object") }
        }
    }
}

import HTTP

/// Goes through a text by the grammar of JSON5 (spec.json5.org) and keeps nothing.
struct JSON5Scanner {
    struct Stop: Error {
        let place: Int
        let reason: String
    }

    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// As Foundation's reader has it.
    private static let maximumDepth = 512

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// What is next, for a message.
    var shown: String {
        guard next != nil else { return "the end of the text" }
        let scalar = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self).unicodeScalars.first ?? "?"
        let isPlain = scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
        return isPlain ? "\"\(scalar)\"" : "a control character"
    }

    func stop(_ reason: String, at place: Int? = nil) -> Stop { Stop(place: place ?? position, reason: reason) }

    private mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    /// Passes over white space and comments.
    mutating func skip() throws(Stop) {
        while let byte = next {
            switch byte {
            case 0x09...0x0D, 0x20: position += 1
            case 0x2F where bytes[position...].starts(with: "//".utf8):
                while let byte = next, byte != 0x0A, byte != 0x0D { position += 1 }
            case 0x2F where bytes[position...].starts(with: "/*".utf8):
                let start = position
                position += 2
                while !take("*/") {
                    guard next != nil else { throw stop("the comment that begins here does not end", at: start) }
                    position += 1
                }
            default:
                guard take("\u{FEFF}") || take("\u{A0}") || take("\u{2028}") || take("\u{2029}") else { return }
            }
        }
    }

    mutating func value(depth: Int) throws(Stop) {
        guard depth < Self.maximumDepth else { throw stop("it is nested too deeply") }
        switch next {
        case UInt8(ascii: "{"): try members(depth)
        case UInt8(ascii: "["): try elements(depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try string()
        default:
            let start = position
            let word = takeWord { $0 != UInt8(ascii: "/") }
            guard !word.isEmpty else { throw stop("a value should stand here, not \(shown)") }
            guard ["true", "false", "null"].contains(word) || Self.isNumber(word) else {
                throw stop("\"\(word.prefix(40))\" is no value: texts stand in quotes", at: start)
            }
        }
    }

    /// What is up to the next character with a meaning of its own.
    private mutating func takeWord(_ isPart: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = next, byte > 0x20, !"{}[]:,\"'".utf8.contains(byte), isPart(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func members(_ depth: Int) throws(Stop) {
        let start = position
        position += 1
        while true {
            try skip()
            if take("}") { return }
            guard next != nil else { throw stop("the object that begins here does not end", at: start) }
            if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
                try string()
            } else {
                let place = position
                let name = takeWord { $0 >= 0x80 || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "\\") || isLetterOrDigit($0) }
                guard let first = name.utf8.first, !(0x30...0x39).contains(first) else {
                    throw stop("the name of a member should stand here, not \(name.isEmpty ? shown : "\"\(name.prefix(40))\"")", at: place)
                }
            }
            try skip()
            guard take(":") else { throw stop("\":\" should stand here, behind the name of a member, not \(shown)") }
            try skip()
            try value(depth: depth + 1)
            try skip()
            guard take(",") || next == UInt8(ascii: "}") else {
                guard next != nil else { throw stop("the object that begins here does not end", at: start) }
                throw stop("\",\" or \"}\" should stand here, not \(shown)")
            }
        }
    }

    private mutating func elements(_ depth: Int) throws(Stop) {
        let start = position
        position += 1
        while true {
            try skip()
            if take("]") { return }
            guard next != nil else { throw stop("the list that begins here does not end", at: start) }
            try value(depth: depth + 1)
            try skip()
            guard take(",") || next == UInt8(ascii: "]") else {
                guard next != nil else { throw stop("the list that begins here does not end", at: start) }
                throw stop("\",\" or \"]\" should stand here, not \(shown)")
            }
        }
    }

    private mutating func string() throws(Stop) {
        let start = position
        guard let quote = next else { return }
        position += 1
        while let byte = next {
            position += 1
            switch byte {
            case quote: return
            case UInt8(ascii: "\\"): try escape()
            case 0x0A, 0x0D: throw stop("the text that begins here does not end on its line", at: start)
            default: break
            }
        }
        throw stop("the text that begins here does not end", at: start)
    }

    private mutating func escape() throws(Stop) {
        let start = position - 1
        let count = take("u") ? 4 : take("x") ? 2 : 0
        guard count > 0 else {
            // A line break of two characters is one that the text goes on behind.
            if !take("\r\n"), next != nil { position += 1 }
            return
        }
        for _ in 0..<count {
            guard let byte = next, PercentEncoding.digit(byte) != nil else {
                throw stop("this escape should have \(count) hexadecimal digits", at: start)
            }
            position += 1
        }
    }

    private static func isNumber(_ word: String) -> Bool {
        var rest = word[...]
        if let sign = rest.first, "+-".contains(sign) { rest = rest.dropFirst() }
        if ["Infinity", "NaN"].contains(rest) { return true }
        if rest.hasPrefix("0x") || rest.hasPrefix("0X") {
            let digits = rest.dropFirst(2)
            return !digits.isEmpty && digits.utf8.allSatisfy { PercentEncoding.digit($0) != nil }
        }
        func digits() -> Int {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest[digits.endIndex...]
            return digits.utf8.count
        }
        let hasZero = rest.hasPrefix("0")
        let whole = digits()
        guard !hasZero || whole == 1 else { return false }
        var fraction = 0
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            fraction = digits()
        }
        guard whole + fraction > 0 else { return false }
        if let sign = rest.first, "eE".contains(sign) {
            rest = rest.dropFirst()
            if let sign = rest.first, "+-".contains(sign) { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
}

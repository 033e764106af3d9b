import HTTP
import JSON

/// Reads a text by the grammar of JSON5 (spec.json5.org). A repeated name, half of a surrogate pair, and numbers that JSON does not have are faults.
struct JSON5Reader {
    struct Stop: Error {
        let place: Int
        let reason: String
    }

    private let bytes: [UInt8]
    private var position = 0

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private static let maximumDepth = 512

    /// - Parameter bytes: UTF-8.
    static func read(_ bytes: [UInt8]) throws(JSON5Fault) -> JSONValue {
        var reader = JSON5Reader(bytes: bytes)
        do throws(Stop) {
            try reader.skip()
            let value = try reader.value(depth: 0)
            try reader.skip()
            guard reader.next == nil else { throw reader.stop("the text should end here, before \(reader.shown)") }
            return value
        } catch {
            throw JSON5Fault(error.reason, at: error.place, of: bytes)
        }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// What is next, for a message.
    private var shown: String {
        guard next != nil else { return "the end of the text" }
        let scalar = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self).unicodeScalars.first ?? "?"
        let isPlain = scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
        return isPlain ? "\"\(scalar)\"" : "a control character"
    }

    private func stop(_ reason: String, at place: Int? = nil) -> Stop { Stop(place: place ?? position, reason: reason) }

    private mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    /// Passes over white space and comments.
    private mutating func skip() throws(Stop) {
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

    private mutating func value(depth: Int) throws(Stop) -> JSONValue {
        guard depth < Self.maximumDepth else { throw stop("it is nested too deeply") }
        switch next {
        case UInt8(ascii: "{"): return try members(depth)
        case UInt8(ascii: "["): return try elements(depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
        default:
            let start = position
            let word = takeWord { $0 != UInt8(ascii: "/") }
            switch word {
            case "": throw stop("a value should stand here, not \(shown)")
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null": return .null
            default:
                guard JSON5Number.isOne(word) else { throw stop("\"\(word.prefix(40))\" is no value: texts stand in quotes", at: start) }
                guard let number = JSON5Number.value(word) else { throw stop("\"\(word.prefix(40))\" is no number that a setting can have", at: start) }
                return .number(number)
            }
        }
    }

    /// What is up to the next character with a meaning of its own.
    private mutating func takeWord(_ isPart: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = next, byte > 0x20, !"{}[]:,\"'".utf8.contains(byte), isPart(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func members(_ depth: Int) throws(Stop) -> JSONValue {
        let start = position
        position += 1
        var object = JSONObject()
        var names: Set<String> = []
        while true {
            try skip()
            if take("}") { return .object(object) }
            guard next != nil else { throw stop("the object that begins here does not end", at: start) }
            let place = position
            let name = try name()
            guard names.insert(name).inserted else { throw stop("\"\(name.prefix(40))\" stands twice in one object", at: place) }
            try skip()
            guard take(":") else { throw stop("\":\" should stand here, behind the name of a member, not \(shown)") }
            try skip()
            object[name] = try value(depth: depth + 1)
            try skip()
            guard take(",") || next == UInt8(ascii: "}") else {
                guard next != nil else { throw stop("the object that begins here does not end", at: start) }
                throw stop("\",\" or \"}\" should stand here, not \(shown)")
            }
        }
    }

    /// Of a member: in quotes or, as identifiers are, without.
    private mutating func name() throws(Stop) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try string() }
        let place = position
        let name = takeWord { $0 >= 0x80 || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "_") || isLetterOrDigit($0) }
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else {
            throw stop("the name of a member should stand here, not \(name.isEmpty ? shown : "\"\(name.prefix(40))\"")", at: place)
        }
        return name
    }

    private mutating func elements(_ depth: Int) throws(Stop) -> JSONValue {
        let start = position
        position += 1
        var elements: [JSONValue] = []
        while true {
            try skip()
            if take("]") { return .array(elements) }
            guard next != nil else { throw stop("the list that begins here does not end", at: start) }
            elements.append(try value(depth: depth + 1))
            try skip()
            guard take(",") || next == UInt8(ascii: "]") else {
                guard next != nil else { throw stop("the list that begins here does not end", at: start) }
                throw stop("\",\" or \"]\" should stand here, not \(shown)")
            }
        }
    }

    private mutating func string() throws(Stop) -> String {
        let start = position
        let quote = next
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case quote: return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0x0A, 0x0D: throw stop("the text that begins here does not end on its line", at: start)
            default: text.append(byte)
            }
        }
        throw stop("the text that begins here does not end", at: start)
    }

    private mutating func escape(into text: inout [UInt8]) throws(Stop) {
        let start = position - 1
        if take("u") || take("x") {
            let scalar = try scalar(start, bytes[position - 1] == UInt8(ascii: "u") ? 4 : 2)
            return text.append(contentsOf: String(scalar).utf8)
        }
        // A line break, of two characters at times, is one that the text goes on behind.
        if take("\r\n") || take("\n") || take("\r") || take("\u{2028}") || take("\u{2029}") { return }
        guard let byte = next else { return }
        position += 1
        switch byte {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "v"): text.append(0x0B)
        case UInt8(ascii: "0"): text.append(0)
        default: text.append(byte)
        }
    }

    /// What an escape stands for: behind the plane of the first 65,536 characters, two of them.
    private mutating func scalar(_ start: Int, _ count: Int) throws(Stop) -> Unicode.Scalar {
        let unit = try unit(start, count)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, take("\\u") else { throw stop("this escape is half of a pair", at: start) }
        let second = try self.unit(start, 4)
        guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + second - 0xDC00) else {
            throw stop("this escape is half of a pair", at: start)
        }
        return scalar
    }

    private mutating func unit(_ start: Int, _ count: Int) throws(Stop) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<count {
            guard let byte = next, let digit = PercentEncoding.digit(byte) else {
                throw stop("this escape should have \(count) hexadecimal digits", at: start)
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
}

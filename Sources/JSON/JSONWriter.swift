/// Appends JSON to a byte buffer, without values in between. Commas and colons are placed by the writer;
/// that calls nest rightly is the caller's part.
package struct JSONWriter {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A key that stands in the source: its bytes all stand for themselves.
    package mutating func key(_ key: StaticString) {
        let comma = takeComma()
        bytes.append(addingCapacity: key.utf8CodeUnitCount + 4) { out in Self.append(comma, key, to: &out) }
    }

    /// A key that is known only when it is written.
    package mutating func key(named key: String) {
        separate()
        JSONText.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ value: String) {
        separate()
        JSONText.append(value, to: &bytes)
        needsComma = true
    }

    /// A string of bytes that all stand for themselves, such as a digest: what `append` appends, at most `count` of them.
    package mutating func plain(count: Int, _ append: (inout OutputSpan<UInt8>) -> Void) {
        let comma = takeComma()
        bytes.append(addingCapacity: count + 3) { out in
            if comma { out.append(UInt8(ascii: ",")) }
            out.append(UInt8(ascii: "\""))
            append(&out)
            out.append(UInt8(ascii: "\""))
        }
        needsComma = true
    }

    @inlinable package mutating func int(_ value: some BinaryInteger) {
        if let magnitude = UInt64(exactly: value.magnitude) { number(magnitude, isNegative: value < 0) } else { raw(String(value)) }
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    package mutating func null() { raw("null") }

    package mutating func member(_ key: StaticString, _ value: String) {
        let text = value.utf8.span
        guard JSONText.special(text, from: 0) == text.count else {
            self.key(key)
            return string(value)
        }
        // In one piece where nothing is to be escaped: nearly all members.
        let comma = takeComma()
        bytes.append(addingCapacity: key.utf8CodeUnitCount + text.count + 6) { out in
            Self.append(comma, key, to: &out)
            out.append(UInt8(ascii: "\""))
            out.append(copying: text)
            out.append(UInt8(ascii: "\""))
        }
        needsComma = true
    }

    @inlinable package mutating func member(_ key: StaticString, _ value: some BinaryInteger) {
        self.key(key)
        int(value)
    }

    package mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        bool(value)
    }

    /// A member only where there is a value.
    package mutating func member(_ key: StaticString, ifPresent value: String?) {
        if let value { member(key, value) }
    }

    /// Bytes that are JSON already, such as an event as it stands in the log.
    package mutating func json(_ value: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
        needsComma = true
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let value): raw(value.text)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(named: member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    private static func append(_ comma: Bool, _ key: StaticString, to out: inout OutputSpan<UInt8>) {
        if comma { out.append(UInt8(ascii: ",")) }
        out.append(UInt8(ascii: "\""))
        out.append(copying: key)
        out.append(UInt8(ascii: "\""))
        out.append(UInt8(ascii: ":"))
    }

    @usableFromInline package mutating func number(_ magnitude: UInt64, isNegative: Bool) {
        let comma = takeComma()
        bytes.append(addingCapacity: DecimalText.longest + 2) { out in
            if comma { out.append(UInt8(ascii: ",")) }
            if isNegative { out.append(UInt8(ascii: "-")) }
            DecimalText.append(magnitude, to: &out)
        }
        needsComma = true
    }

    @usableFromInline package mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    /// Whether a comma comes before what is written now, after which none is needed until a value stands there.
    private mutating func takeComma() -> Bool { exchange(&needsComma, with: false) }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }
}

extension JSONValue {
    /// The value as compact JSON text.
    package var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}

package enum JSONText {
    /// Appends `value` in quotes, escaping what RFC 8259 demands and nothing else.
    package static func append(_ value: String, to bytes: inout [UInt8]) {
        let text = value.utf8.span
        var start = special(text, from: 0)
        // In one piece where nothing is to be escaped: nearly all strings.
        bytes.append(addingCapacity: start + 2) { out in
            out.append(UInt8(ascii: "\""))
            out.append(copying: text.extracting(first: start))
            if start == text.count { out.append(UInt8(ascii: "\"")) }
        }
        guard start < text.count else { return }
        while true {
            let end = special(text, from: start)
            unsafe text.extracting(start..<end).withUnsafeBufferPointer { run in unsafe bytes.append(contentsOf: run) }
            guard end < text.count else { break }
            escape(text[end], to: &bytes)
            start = end + 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Where the first byte from `start` stands that cannot stand for itself in a string: a quote, a backslash or a control
    /// character; `text.count` where there is none. Eight bytes a step: a byte of `hits` has its high bit set at such a
    /// byte, and the lowest such bit is always a true one.
    @inlinable @inline(__always)
    package static func special(_ text: Span<UInt8>, from start: Int) -> Int {
        let (ones, highs) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        var index = start
        while index + 8 <= text.count {
            let word = UInt64(littleEndian: unsafe text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            let hits = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word) & highs
            if hits != 0 { return index + hits.trailingZeroBitCount >> 3 }
            index += 8
        }
        while index < text.count {
            let byte = unsafe text[unchecked: index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
            index += 1
        }
        return index
    }

    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(hexDigits[Int(byte >> 4)])
            bytes.append(hexDigits[Int(byte & 15)])
        default: bytes.append(byte)
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}

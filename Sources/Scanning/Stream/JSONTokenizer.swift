/// Who gets the tokens of a JSON text, in the order of the text.
protocol TokenSink {
    /// Whether the text of the key or value that begins is wanted; texts that nobody wants are checked and not kept.
    func wantsText(ofKey isKey: Bool) -> Bool
    mutating func beginObject() throws(ScanError)
    mutating func beginArray() throws(ScanError)
    /// Of an object or array.
    mutating func end() throws(ScanError)
    mutating func key(_ text: [UInt8]) throws(ScanError)
    mutating func scalar(_ kind: ScalarKind, _ text: [UInt8]) throws(ScanError)
}

enum ScalarKind: Sendable {
    case string, number, bool, null
}

/// Reads JSON (RFC 8259) piece by piece as it arrives, so that a large report needs no more memory than the texts in it that are
/// wanted. All of it is checked, also UTF-8; half of a surrogate pair is taken for U+FFFD.
struct JSONTokenizer {
    var mode = Mode.structure
    private var expected = Expected.value
    /// For each open value whether it is an object.
    private var open: [Bool] = []
    /// Bytes before the piece at hand.
    var consumed = 0
    var text = TextState()
    var number = NumberState.start
    private var literal: (word: StaticString, matched: Int, kind: ScalarKind) = ("", 0, .null)
    private var isKey = false

    static let maximumDepth = 128
    /// The most bytes of a text that is wanted.
    static let maximumText = 4096

    enum Mode {
        case structure, text, number, literal
    }

    private enum Expected {
        case value, valueOrEnd, key, keyOrEnd, colon, commaOrEnd, nothing
    }

    func damaged(_ offset: Int, _ reason: String) -> ScanError {
        ScanError(.invalid, "the report is not valid JSON at byte \(consumed + offset): \(reason)")
    }

    mutating func feed<Sink: TokenSink>(_ bytes: ArraySlice<UInt8>, _ sink: inout Sink) throws(ScanError) {
        let span = bytes.span
        var index = 0
        while index < span.count {
            switch mode {
            case .structure:
                try structure(span[index], index, &sink)
                index += 1
            case .text:
                if try readText(span, &index) { try endText(&sink) }
            case .number:
                if number.take(span[index]) {
                    if text.isWanted { text.append(span[index]) }
                    index += 1
                } else {
                    try endNumber(index, &sink)
                }
            case .literal:
                try readLiteral(span[index], index, &sink)
                index += 1
            }
        }
        consumed += span.count
    }

    /// The text ends here.
    mutating func finish<Sink: TokenSink>(_ sink: inout Sink) throws(ScanError) {
        if mode == .number, open.isEmpty { try endNumber(0, &sink) }
        guard mode == .structure, expected == .nothing else { throw damaged(0, "it ends before it is complete") }
    }

    private mutating func structure<Sink: TokenSink>(_ byte: UInt8, _ index: Int, _ sink: inout Sink) throws(ScanError) {
        switch byte {
        case 0x20, 0x0A, 0x0D, 0x09: return
        case UInt8(ascii: ","):
            guard expected == .commaOrEnd, let isObject = open.last else { throw damaged(index, "a comma in the wrong place") }
            expected = isObject ? .key : .value
        case UInt8(ascii: ":"):
            guard expected == .colon else { throw damaged(index, "a colon in the wrong place") }
            expected = .value
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            let isObject = byte == UInt8(ascii: "}")
            guard expected == .commaOrEnd || expected == (isObject ? .keyOrEnd : .valueOrEnd), open.popLast() == isObject else {
                throw damaged(index, "a closing bracket in the wrong place")
            }
            try sink.end()
            valueEnded()
        case UInt8(ascii: "\""):
            isKey = expected == .key || expected == .keyOrEnd
            guard isKey || takesValue else { throw damaged(index, "a string in the wrong place") }
            text.begin(isWanted: sink.wantsText(ofKey: isKey))
            mode = .text
        default:
            guard takesValue else { throw damaged(index, "a value in the wrong place") }
            try beginValue(byte, index, &sink)
        }
    }

    private var takesValue: Bool { expected == .value || expected == .valueOrEnd }

    private mutating func beginValue<Sink: TokenSink>(_ byte: UInt8, _ index: Int, _ sink: inout Sink) throws(ScanError) {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard open.count < Self.maximumDepth else { throw damaged(index, "nested deeper than \(Self.maximumDepth) levels") }
            let isObject = byte == UInt8(ascii: "{")
            open.append(isObject)
            expected = isObject ? .keyOrEnd : .valueOrEnd
            if isObject { try sink.beginObject() } else { try sink.beginArray() }
        case UInt8(ascii: "t"): literal = ("true", 1, .bool)
        case UInt8(ascii: "f"): literal = ("false", 1, .bool)
        case UInt8(ascii: "n"): literal = ("null", 1, .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            text.begin(isWanted: sink.wantsText(ofKey: false))
            if text.isWanted { text.append(byte) }
            number = .start
            _ = number.take(byte)
            mode = .number
        default: throw damaged(index, "a value is expected here")
        }
        if "tfn".utf8.contains(byte) { mode = .literal }
    }

    private mutating func valueEnded() {
        mode = .structure
        expected = open.isEmpty ? .nothing : .commaOrEnd
    }

    private mutating func endText<Sink: TokenSink>(_ sink: inout Sink) throws(ScanError) {
        if isKey {
            try sink.key(text.bytes)
            mode = .structure
            expected = .colon
        } else {
            try sink.scalar(.string, text.bytes)
            valueEnded()
        }
    }

    private mutating func endNumber<Sink: TokenSink>(_ index: Int, _ sink: inout Sink) throws(ScanError) {
        guard number.isComplete else { throw damaged(index, "a number that is not complete") }
        try sink.scalar(.number, text.bytes)
        valueEnded()
    }

    private mutating func readLiteral<Sink: TokenSink>(_ byte: UInt8, _ index: Int, _ sink: inout Sink) throws(ScanError) {
        let word = literal.word.description.utf8
        guard word.dropFirst(literal.matched).first == byte else { throw damaged(index, "expected \(literal.word)") }
        literal.matched += 1
        guard literal.matched == word.count else { return }
        try sink.scalar(literal.kind, Array(word))
        valueEnded()
    }
}

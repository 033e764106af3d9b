/// Media types in Accept and Content-Type (RFC 9110, sections 8.3 and 12.5.1). Parameters other than `q` are passed
/// over: the types that are served here have none that tell two of them apart.
enum MediaRange {
    /// How closely an element of Accept names `type`: nil not at all, 1 `*/*`, 2 `type/*`, 3 the type itself.
    static func specificity(_ range: ArraySlice<UInt8>, of type: String) -> Int? {
        if range.elementsEqual("*/*".utf8) { return 1 }
        if ByteClass.equalsIgnoringCase(range, type) { return 3 }
        guard range.suffix(2).elementsEqual("/*".utf8), let slash = type.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return nil
        }
        return ByteClass.equalsIgnoringCase(range.dropLast(2), String(type[..<slash])) ? 2 : nil
    }

    /// The type before its parameters, and `q` in thousandths (1000 where there is none); nil for a malformed `q`.
    static func parse(_ element: ArraySlice<UInt8>) -> (range: ArraySlice<UInt8>, quality: Int)? {
        var parts = ListElements(element, separator: UInt8(ascii: ";"))
        guard let range = parts.next() else { return nil }
        while let parameter = parts.next() {
            guard parameter.count > 2, ByteClass.equalsIgnoringCase(parameter.prefix(2), "q=") else { continue }
            return quality(parameter.dropFirst(2)).map { (range, $0) }
        }
        return (range, 1000)
    }

    /// `0`, `0.5`, `1.000`: at most three decimals.
    private static func quality(_ text: ArraySlice<UInt8>) -> Int? {
        guard let first = text.first, first == 0x30 || first == 0x31, text.count <= 5 else { return nil }
        var value = Int(first - 0x30) * 1000
        let rest = text.dropFirst()
        guard let dot = rest.first else { return value }
        guard dot == UInt8(ascii: ".") else { return nil }
        var unit = 100
        for digit in rest.dropFirst() {
            guard ByteClass.isDigit(digit) else { return nil }
            value += Int(digit - 0x30) * unit
            unit /= 10
        }
        return value <= 1000 ? value : nil
    }
}

extension HTTPHeaders {
    /// How much the client wants `type`, in thousandths; 0 is not at all. The most specific element that names it
    /// decides. 1000 where there is no Accept. Malformed elements are passed over.
    package func acceptQuality(of type: String) -> Int {
        var best = (specificity: 0, quality: 0)
        var hasElements = false
        for line in slices(of: .accept) {
            var elements = ListElements(line)
            while let element = elements.next() {
                hasElements = true
                guard let (range, quality) = MediaRange.parse(element),
                    let specificity = MediaRange.specificity(range, of: type), specificity >= best.specificity
                else { continue }
                best = (specificity, specificity > best.specificity ? quality : max(quality, best.quality))
            }
        }
        return hasElements ? best.quality : 1000
    }

    package func accepts(_ type: String) -> Bool {
        acceptQuality(of: type) > 0
    }

    /// Whether Accept names the type itself: for types that a client must ask for.
    package func acceptsExplicitly(_ type: String) -> Bool {
        slices(of: .accept).contains { line in
            var elements = ListElements(line)
            while let element = elements.next() {
                if let (range, quality) = MediaRange.parse(element), quality > 0, ByteClass.equalsIgnoringCase(range, type) {
                    return true
                }
            }
            return false
        }
    }

    /// The type of the content in lower case, without its parameters.
    package var mediaType: String? {
        guard let value = slice(.contentType) else { return nil }
        var parts = ListElements(value, separator: UInt8(ascii: ";"))
        return parts.next().map { String(decoding: $0.map(ByteClass.lowercase), as: UTF8.self) }
    }
}

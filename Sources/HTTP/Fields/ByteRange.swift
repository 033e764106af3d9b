/// What a Range field asks of a representation (RFC 9110, section 14.2).
package enum RangeRequest: Sendable, Equatable {
    /// 206 with these bytes.
    case part(Range<UInt64>)
    /// 416 with `Content-Range: bytes */size`.
    case unsatisfiable
    /// Not a byte range, or not one at all: the field is ignored, the answer is 200.
    case malformed
    /// Several ranges, which a server may answer with the whole.
    case several

    /// `value` of the field, for a representation of `size` bytes.
    package init(_ value: ArraySlice<UInt8>, size: UInt64) {
        guard value.count > 6, ByteClass.equalsIgnoringCase(value.prefix(6), "bytes=") else {
            self = .malformed
            return
        }
        let set = value.dropFirst(6)
        if set.contains(UInt8(ascii: ",")) {
            var elements = ListElements(set)
            while let element = elements.next() {
                if RangeRequest(single: element, size: size) == .malformed {
                    self = .malformed
                    return
                }
            }
            self = .several
        } else {
            self = RangeRequest(single: ByteClass.trimmed(set), size: size)
        }
    }

    private init(single: ArraySlice<UInt8>, size: UInt64) {
        self = .malformed
        guard let dash = single.firstIndex(of: UInt8(ascii: "-")) else { return }
        let (first, last) = (single[..<dash], single[(dash + 1)...])
        if first.isEmpty {
            guard let count = Self.position(last) else { return }
            self = count == 0 || size == 0 ? .unsatisfiable : .part(size - min(count, size)..<size)
            return
        }
        guard let from = Self.position(first) else { return }
        var to = UInt64.max
        if !last.isEmpty {
            guard let position = Self.position(last) else { return }
            // A server may reject such a range (RFC 9110, section 14.2), and the conformance suite of OCI wants it rejected.
            guard position >= from else {
                self = .unsatisfiable
                return
            }
            to = position
        }
        self = from >= size ? .unsatisfiable : .part(from..<(to >= size ? size : to + 1))
    }

    /// A number too great for 64 bits is beyond every representation, not malformed.
    private static func position(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.allSatisfy({ ByteClass.isDigit($0) }) else { return nil }
        return ByteClass.decimal(digits) ?? .max
    }
}

/// The Content-Range of an upload's chunk: `bytes 0-99/200`, or as OCI's PATCH has it, `0-99`.
package struct ContentRange: Sendable, Equatable {
    package let first: UInt64
    /// Inclusive.
    package let last: UInt64

    /// `UInt64.max` is refused as a last position, so that the count fits.
    package init?(_ value: ArraySlice<UInt8>) {
        var rest = ByteClass.trimmed(value)
        if rest.count > 6, ByteClass.equalsIgnoringCase(rest.prefix(6), "bytes ") {
            rest = ByteClass.trimmed(rest.dropFirst(6))
            guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
            let size = rest[(slash + 1)...]
            guard size.elementsEqual("*".utf8) || ByteClass.decimal(size) != nil else { return nil }
            rest = rest[..<slash]
        }
        guard let dash = rest.firstIndex(of: UInt8(ascii: "-")), let first = ByteClass.decimal(rest[..<dash]),
            let last = ByteClass.decimal(rest[(dash + 1)...]), first <= last, last < .max
        else { return nil }
        self.first = first
        self.last = last
    }

    package var count: UInt64 { last - first + 1 }
}

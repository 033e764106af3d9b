/// Where the parts of a request target stand in the head's bytes (RFC 9112, section 3.2).
struct RequestTarget: Sendable {
    var whole: Range<Int32> = 0..<0
    /// Begins with a slash; empty for `*` and for an absolute form that ends after its authority.
    var path: Range<Int32> = 0..<0
    /// Without the question mark; nil where there is none.
    var query: Range<Int32>?
    /// Of the absolute form only.
    var authority: Range<Int32>?
    var isAsterisk = false
    /// Whether the path has a percent sign.
    var hasEscapes = false
}

extension Range where Bound == Int32 {
    init(_ range: Range<Int>) {
        self = Int32(truncatingIfNeeded: range.lowerBound)..<Int32(truncatingIfNeeded: range.upperBound)
    }

    var int: Range<Int> { Int(lowerBound)..<Int(upperBound) }
}

extension RequestTarget {
    /// Shifts every offset: from the buffer's start to the head's.
    mutating func move(by offset: Int) {
        let offset = Int32(truncatingIfNeeded: offset)
        func moved(_ range: Range<Int32>) -> Range<Int32> { range.lowerBound + offset..<range.upperBound + offset }
        whole = moved(whole)
        path = isAsterisk ? path : moved(path)
        query = query.map(moved)
        authority = authority.map(moved)
    }
}

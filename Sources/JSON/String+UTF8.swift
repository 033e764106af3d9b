extension String {
    /// Nil where the bytes are not UTF-8. `String(validating:as:)` is generic, and takes two to six times as long for a short text.
    package init?(utf8 bytes: ArraySlice<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes.span) else { return nil }
        self.init(copying: text)
    }
}

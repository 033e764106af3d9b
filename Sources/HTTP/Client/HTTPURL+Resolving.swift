extension HTTPURL {
    /// What a reference means that the server of this URL answered with, such as a `Location` (RFC 3986, section 5.2). A fragment of it
    /// is for whoever shows what comes, and not asked for.
    package func resolving(_ reference: String) throws(HTTPClientError) -> HTTPURL {
        let text = String(reference.prefix { $0 != "#" })
        if Self.hasScheme(text) { return try HTTPURL(text).withoutDots }
        if text.hasPrefix("//") { return try HTTPURL("\(origin.scheme.rawValue):\(text)").withoutDots }
        let (path, query) = Self.parts(text)
        let (ownPath, ownQuery) = Self.parts(target)
        guard !path.isEmpty else { return try HTTPURL(origin.description + ownPath + (query.isEmpty ? ownQuery : query)) }
        let folder = path.hasPrefix("/") ? "" : ownPath[...(ownPath.lastIndex(of: "/") ?? ownPath.startIndex)]
        return try HTTPURL(origin.description + folder + path + query).withoutDots
    }

    /// `status:1` has one, `status/1:2` has not.
    private static func hasScheme(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8[..<colon].allSatisfy { isLetter($0) || ByteClass.isDigit($0) || "+-.".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// The query with its question mark.
    private static func parts(_ target: String) -> (path: Substring, query: Substring) {
        let path = target.prefix { $0 != "?" }
        return (path, target[path.endIndex...])
    }

    /// Without parts of the path that are `.` or `..` (RFC 3986, section 5.2.4).
    private var withoutDots: HTTPURL {
        let (path, query) = Self.parts(target)
        var kept: [Substring] = []
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part == ".." { kept = kept.dropLast() } else if part != "." { kept.append(part) }
            // Both stand for a folder.
            if index == parts.count - 1, part == "." || part == ".." { kept.append("") }
        }
        return HTTPURL(origin: origin, target: "/" + kept.joined(separator: "/") + query)
    }
}

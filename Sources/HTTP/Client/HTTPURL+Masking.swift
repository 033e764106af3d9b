/// URLs as they may be shown to anybody. Many a receiver has its secret in its URL.
extension HTTPURL {
    /// Stands for what is hidden.
    package static let mask = "..."

    /// Parts of a path that are shorter are names, not secrets.
    private static let shortestSecret = 16

    /// Without the query, and without parts of the path that look like secrets: 16 bytes or more with a digit, or with letters of both cases.
    package var masked: String {
        let path = target.prefix { $0 != "?" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map { Self.looksSecret($0) ? Self.mask : String($0) }
        return origin.description + parts.joined(separator: "/") + (path.endIndex < target.endIndex ? "?" + Self.mask : "")
    }

    /// What `masked` hides: the parts of the path, and the query as a whole and in its values.
    package var secrets: [String] {
        let path = target.prefix { $0 != "?" }
        let query = target[path.endIndex...].dropFirst()
        var secrets = path.split(separator: "/").filter(Self.looksSecret)
        for item in query.split(separator: "&") {
            secrets.append(item.firstIndex(of: "=").map { item[item.index(after: $0)...] } ?? item)
        }
        if !query.isEmpty { secrets.append(query) }
        return secrets.map { String($0) }
    }

    /// The same for any text: as it is where there is nothing to hide.
    package static func masked(_ text: String) -> String {
        guard let url = try? HTTPURL(text) else { return shown(text) }
        let masked = url.masked
        return masked == url.description ? text : masked
    }

    /// Whether something stands in it as `masked` writes it: then it is not the URL itself.
    package static func isMasked(_ text: String) -> Bool {
        let path = text.prefix { $0 != "?" }
        return text[path.endIndex...] == "?" + mask || path.split(separator: "/").contains { $0 == mask }
    }

    /// A text that is no URL, for an error.
    static func shown(_ text: String) -> String {
        guard !text.utf8.contains(UInt8(ascii: "@")) else {
            let scheme = text.prefix { $0 != ":" }
            return (["http", "https"].contains(scheme.lowercased()) ? "\(scheme)://" : "") + mask
        }
        let path = text.prefix { $0 != "?" && $0 != "#" }
        // The host stands behind "//", or first.
        let host = path.contains("://") ? 2 : 0
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).enumerated().map { index, part in
            let isHost = index <= host && (host > 0 || part.contains("."))
            return !isHost && looksSecret(part) ? mask : String(part)
        }
        let rest = path.endIndex < text.endIndex ? String(text[path.endIndex]) + mask : ""
        return String(parts.joined(separator: "/").prefix(200)) + rest
    }

    private static func looksSecret(_ part: Substring) -> Bool {
        guard part.utf8.count >= shortestSecret else { return false }
        return part.utf8.contains(where: ByteClass.isDigit)
            || part.utf8.contains { (0x41...0x5A).contains($0) } && part.utf8.contains { (0x61...0x7A).contains($0) }
    }
}

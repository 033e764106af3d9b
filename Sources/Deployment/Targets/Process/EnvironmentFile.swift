import IO

/// A file of `NAME=value` lines, as Docker Compose reads it beside a project's file.
struct EnvironmentFile: Sendable {
    let path: String

    private static let limit = 1 << 20

    /// Sets one variable in one durable step and leaves all other lines as they are; answers the content before, nil where
    /// there was no file. Blocks.
    func set(_ name: String, to value: String) throws(IOError) -> [UInt8]? {
        let old = try Files.read(path, limit: Self.limit)
        var lines = String(decoding: old ?? [], as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        let line = "\(name)=\(value)"
        let matching = lines.indices.filter { lines[$0].hasPrefix(name + "=") }
        // The last one counts for Compose.
        if let place = matching.last { lines[place] = line } else { lines.append(line) }
        let content = Array((lines.joined(separator: "\n") + "\n").utf8)
        if content != old { try Files.replace(path, with: content, mode: try mode) }
        return old
    }

    /// Puts back what `set` answered.
    func restore(_ old: [UInt8]?) throws(IOError) {
        guard let old else {
            try Files.unlinkIfPresent(path)
            return
        }
        try Files.replace(path, with: old, mode: try mode)
    }

    /// The file may hold passwords: its permissions stay.
    private var mode: UInt32 {
        get throws(IOError) { try Files.info(path)?.mode ?? 0o600 }
    }
}

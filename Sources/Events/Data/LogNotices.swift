import JSON

/// The data of `audit.archived`: a segment is in the archive, and leaves the log after this record.
package struct ArchiveNotice: Hashable, Sendable {
    /// The first of the records and the last.
    package var from: UInt64
    package var through: UInt64
    /// The archived file's name.
    package var file: String
    /// The SHA-256 of the segment, which is what the file unpacks to, in hexadecimal.
    package var sha256: String
    /// The SHA-256 of the file itself.
    package var fileSHA256: String
    /// How many bytes the segment has.
    package var bytes: Int64
    /// The size of a signed checkpoint that covers all of the records, and its root, base64.
    package var checkpointSize: UInt64
    package var root: String

    package init(
        from: UInt64, through: UInt64, file: String, sha256: String, fileSHA256: String, bytes: Int64, checkpointSize: UInt64, root: String
    ) {
        self.from = from
        self.through = through
        self.file = file
        self.sha256 = sha256
        self.fileSHA256 = fileSHA256
        self.bytes = bytes
        self.checkpointSize = checkpointSize
        self.root = root
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("from", String(from))
        writer.member("through", String(through))
        writer.member("file", file)
        writer.member("sha256", sha256)
        writer.member("fileSHA256", fileSHA256)
        writer.member("bytes", bytes)
        writer.key("checkpoint")
        writer.beginObject()
        writer.member("size", String(checkpointSize))
        writer.member("root", root)
        writer.endObject()
    }

    init(_ data: Fields) throws(EventError) {
        from = try data.parsed("from")
        through = try data.parsed("through")
        file = try data.string("file")
        sha256 = try data.string("sha256")
        fileSHA256 = try data.string("fileSHA256")
        bytes = try data.size("bytes")
        let checkpoint = try data.fields("checkpoint")
        checkpointSize = try checkpoint.parsed("size")
        root = try checkpoint.string("root")
    }
}

/// The data of `audit.rekeyed`: checkpoints after this record are signed by another key.
package struct KeyNotice: Hashable, Sendable {
    package var origin: String
    /// Verifier keys, as `audit keys` has them.
    package var previousKey: String
    package var key: String

    package init(origin: String, previousKey: String, key: String) {
        self.origin = origin
        self.previousKey = previousKey
        self.key = key
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("origin", origin)
        writer.member("previousKey", previousKey)
        writer.member("key", key)
    }

    init(_ data: Fields) throws(EventError) {
        origin = try data.string("origin")
        previousKey = try data.string("previousKey")
        key = try data.string("key")
    }
}

/// The data of `audit.repaired`: damaged files of the log were made readable again.
package struct RepairNotice: Hashable, Sendable {
    /// What was done, a sentence each, at most `maximum` of them.
    package var steps: [String]
    package static let maximum = 1_000

    package init(steps: [String]) {
        let rest = steps.count - Self.maximum
        self.steps = steps.prefix(Self.maximum) + (rest > 0 ? ["\(rest) more"] : [])
    }

    func encode(into writer: inout JSONWriter) {
        writer.key("steps")
        writer.list(steps)
    }

    init(_ data: Fields) throws(EventError) {
        steps = try data.strings("steps")
    }
}

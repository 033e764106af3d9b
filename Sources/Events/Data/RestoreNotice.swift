import JSON

/// The data of `audit.restored`: the log goes on from a backup, under another name and key than the one that the backup is of.
///
/// What that one published after the backup is not in this log. So the records from here on are another history, and are signed as one.
package struct RestoreNotice: Hashable, Sendable {
    /// The name under which the log goes on from this record.
    package var origin: String
    /// The name that it had; nil where it had signed nothing and had none.
    package var previousOrigin: String?
    /// How many records it took over: this is the next one.
    package var size: UInt64
    /// The root of their tree, base64 as in a checkpoint.
    package var root: String
    package var reason: String
    /// When the backup was made, milliseconds since 1970.
    package var backupTime: Int64

    package init(origin: String, previousOrigin: String?, size: UInt64, root: String, reason: String, backupTime: Int64) {
        self.origin = origin
        self.previousOrigin = previousOrigin
        self.size = size
        self.root = root
        self.reason = reason
        self.backupTime = backupTime
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("origin", origin)
        writer.member("previousOrigin", ifPresent: previousOrigin)
        writer.member("size", String(size))
        writer.member("root", root)
        writer.member("reason", reason)
        writer.member("backupTime", Timestamp.text(backupTime))
    }

    init(_ data: Fields) throws(EventError) {
        origin = try data.string("origin")
        previousOrigin = try data.optionalString("previousOrigin")
        size = try data.parsed("size")
        root = try data.string("root")
        reason = try data.string("reason")
        guard let time = Timestamp.parse(try data.string("backupTime")) else { throw data.wrong("backupTime", "is not a time") }
        backupTime = time
    }
}

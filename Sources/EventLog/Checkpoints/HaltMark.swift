package import IO

/// The file `checkpoints/halted`: why nothing is signed any more, until somebody looked.
///
/// It is there because others have a checkpoint of this log that this folder does not know: the folder was set back to an earlier state, and
/// what would be signed now is a second history. It stays over restarts, also where those others cannot be asked then.
package enum HaltMark {
    package static let name = "halted"

    private static let limit = 1 << 16

    package static func path(_ data: String) -> String { CheckpointKeys.folder(data) + "/" + name }

    /// Nil where signing goes on.
    package static func reason(_ data: String) throws(IOError) -> String? {
        guard let bytes = try Files.read(path(data), limit: limit) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? "nobody wrote why"
    }

    package static func set(_ data: String, _ reason: String) throws(IOError) {
        try Files.replace(path(data), with: Array("\(reason)\n".utf8.prefix(limit)))
    }
}

import Audit
import EventLog
import HTTP
import IO

/// What others have of this log is held against it: whoever has more than it does, or something else, has the history that was published.
extension CheckpointExport {
    /// So many notes at the end of the file are looked at.
    private static let looked = 64

    /// Before anything is signed. Who cannot be asked now notices with the next checkpoint.
    /// - Returns: false where it could not be done, since the hub ends.
    func look(_ notary: Notary) async -> Bool {
        if let path = settings.checkpointFile {
            let keys = notary.keys.known.filter { $0.name == notary.keys.origin }
            do {
                let found = try await pool.run { try Self.newest(in: path, keys) }
                if let found { await notary.hold(to: found, from: "audit.checkpointFile \(path)") }
            } catch {
                Diagnostics.warning("the log was not held to the checkpoints in \(path): \(error)")
            }
        }
        guard let published = notary.published, !settings.witnesses.isEmpty else { return true }
        await withTaskGroup(of: Void.self) { group in
            for witness in settings.witnesses {
                group.addTask { [self] in
                    // The checkpoint that is signed already: where the witness has no other, or an earlier one of this history, it signs that.
                    var old = published.checkpoint.size
                    for _ in 0..<2 {
                        guard let asked = try? await request(witness, from: old, published, notary), let answer = try? await post(asked),
                            (try? await judge(answer, of: witness, notary)) != nil, answer.status == .conflict,
                            let size = WitnessRequest.size(answer.content), size < old
                        else { return }
                        old = size
                    }
                }
            }
        }
        return !Task.isCancelled
    }

    /// Stops signing where a witness has another history of this log.
    func judge(_ answer: HTTPResponse, of witness: AuditSettings.Witness, _ notary: Notary) async throws {
        let have = notary.durable
        var why: String?
        if answer.status == .conflict, let size = WitnessRequest.size(answer.content), size > have {
            why = "witness \(witness.key.name) has signed a checkpoint of \(size) records, and this log has \(have): the data folder was set back to an earlier state"
        }
        if answer.status == .unprocessableContent {
            let said = String(decoding: answer.content.prefix(200), as: UTF8.self).split(separator: "\n").first ?? ""
            why = "witness \(witness.key.name) has signed another history of this log (\"\(said)\")"
        }
        guard let why else { return }
        await notary.halt(why)
        throw NoteError(why)
    }

    /// The greatest checkpoint near a file's end that one of the keys signed; nil where there is none.
    static func newest(in path: String, _ keys: [NoteKey]) throws -> Checkpoint? {
        guard try Files.exists(path) else { return nil }
        let file = try File(path, .read)
        let size = try file.size()
        let start = max(0, size - SignedNote.maxBytes)
        // A note is a text, an empty line, and signatures; another empty line follows it.
        var parts: [[UInt8]] = [[]]
        for line in try file.read(count: size - start, at: start).split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.isEmpty { parts.append([]) } else { parts[parts.count - 1] += line + [0x0A] }
        }
        let mark = Array("\u{2014} ".utf8)
        var newest: Checkpoint?
        // What is no note is somebody else's, or one that is not whole.
        for (text, signatures) in zip(parts, parts.dropFirst()).suffix(2 * looked) where signatures.starts(with: mark) {
            guard let note = try? SignedNote(parsing: text + [0x0A] + signatures), let checkpoint = try? Checkpoint(text: note.text),
                checkpoint.size > newest?.size ?? 0, (try? note.verify(keys.filter { $0.name == checkpoint.origin })) != nil
            else { continue }
            newest = checkpoint
        }
        return newest
    }
}

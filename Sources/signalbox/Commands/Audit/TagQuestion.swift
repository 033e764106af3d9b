import Audit
import JSON

/// What a tag pointed to at a time.
struct TagQuestion {
    let source: AuditSource
    let repository: String
    let tag: String
    /// Unix milliseconds; nil for now.
    let at: Int64?

    struct Answer {
        let digest: String
        /// Who set it and when, as far as the log has that.
        let origin: String
        let json: [UInt8]
    }

    private var image: String { "\(repository):\(tag)" }
    private var when: String { at.map { " at \(QueryTime.text($0))" } ?? "" }

    private var changes: [(name: String, value: String)] {
        [("repository", repository), ("tag", tag), ("type", Self.pushed), ("type", "io.signalbox.image.deleted")]
    }

    private static let pushed = "io.signalbox.image.pushed"

    func answer() async throws -> Answer {
        var last: JSONValue?
        let until = at.map { [(name: "until", value: QueryTime.text($0 + 1))] } ?? []
        let beginning = try await source.each(changes + until, limit: 1) { event in
            last = event
            return false
        }
        if let last {
            guard last["type"]?.string == Self.pushed, let digest = last["data"]?["digest"]?.string else {
                throw CommandFailure("there was no tag \(image)\(when): it was removed at \(last["time"]?.string ?? "?")")
            }
            let origin = "set by \(EventPrinter.actor(last)) at \(last["time"]?.string ?? "?"), record \(last["sequence"]?.string ?? "?")"
            return Answer(digest: digest, origin: origin, json: last.encoded)
        }
        guard let beginning else { throw CommandFailure("there was no tag \(image)\(when): it had not been set") }
        return try await answer(at: beginning)
    }

    /// Nothing happened to the tag since the log begins: it was what the next change found, or is what it is now.
    private func answer(at beginning: LogBeginning) async throws -> Answer {
        if let at, at < beginning.time {
            throw CommandFailure(
                "what \(image) pointed to\(when) is not in the log any more: \(beginning.text). A folder that 'signalbox restore' makes of a backup with --archive DIR has them")
        }
        var next: JSONValue?
        let since = at.map { [(name: "since", value: QueryTime.text($0 + 1))] } ?? []
        try await source.each(changes + since + [("order", "asc")], limit: 1) { event in
            next = event
            return false
        }
        let digest: String?
        if let next {
            digest = next["data"]?[next["type"]?.string == Self.pushed ? "previousDigest" : "digest"]?.string
        } else {
            digest = try await source.digest(repository: repository, tag: tag)
        }
        guard let digest else {
            throw CommandFailure("there was no tag \(image)\(when): \(beginning.text), and the tag was not set since")
        }
        var json = JSONWriter()
        json.beginObject()
        json.member("repository", repository)
        json.member("tag", tag)
        json.member("digest", digest)
        json.key("beginning")
        beginning.encode(into: &json)
        json.endObject()
        return Answer(digest: digest, origin: "set before that: \(beginning.text)", json: json.bytes)
    }
}

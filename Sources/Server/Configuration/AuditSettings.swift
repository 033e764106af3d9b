package import EventLog
package import HTTP

/// How the log is proven, to whom, and how long it is kept.
package struct AuditSettings: Sendable {
    /// Seconds between checkpoints, while there is something new.
    package var checkpointSeconds = 10
    /// What the log is called, for good: given once, when its first checkpoint is signed.
    package var origin: String?
    /// Checkpoints are appended to this file too.
    package var checkpointFile: String?
    /// Checkpoints are posted here too.
    package var checkpointURL: HTTPURL?
    /// Hubs and others that sign checkpoints of this log once they have seen that it only grew.
    package var witnesses: [Witness] = []
    /// Logs whose checkpoints this hub signs as a witness.
    package var witnessFor: [NoteKey] = []
    package var retention: Retention?

    package struct Witness: Sendable {
        /// The witness's prefix; `add-checkpoint` comes after it.
        package let url: HTTPURL
        package let key: NoteKey
    }

    /// When old segments leave the log.
    package struct Retention: Sendable {
        /// Milliseconds that a record is kept at least.
        package var maxAge: Int64?
        /// Bytes that the log may have.
        package var maxBytes: Int?
        /// Where segments go before they are removed.
        package var archive: String
        /// Milliseconds between two looks.
        package var interval: Int64 = 60_000
        /// Milliseconds that records wait for webhooks that have not come so far, by the age of the records.
        package var waitForWebhooks: Int64 = 7 * 86_400_000
    }

    package init() {}
}

extension AuditSettings {
    static let keys = [
        "checkpointSeconds", "origin", "checkpointFile", "checkpointURL", "witnesses", "witnessFor", "retention",
    ]

    mutating func read(_ reader: ObjectReader) throws(ObjectReader.Failure) {
        checkpointSeconds = try reader.int("checkpointSeconds", in: 1...86_400) ?? checkpointSeconds
        if let text = try reader.string("origin") {
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "+") }) else {
                throw reader.failure("origin", "must be a name without spaces and plus signs, such as hub.example.com/log")
            }
            origin = text
        }
        checkpointFile = try reader.string("checkpointFile")
        if let text = try reader.string("checkpointURL") { checkpointURL = try Self.url(text, reader, "checkpointURL") }
        for witness in try reader.objects("witnesses", keys: ["url", "key"]) ?? [] {
            guard let url = try witness.string("url") else { throw witness.missing("url") }
            guard let text = try witness.string("key") else { throw witness.missing("key") }
            let key = try Self.key(text, witness, "key")
            guard key.type == .cosignature else { throw witness.failure("key", "is not the key of a witness (type 4)") }
            witnesses.append(Witness(url: try Self.url(url, witness, "url"), key: key))
        }
        for text in try reader.strings("witnessFor") ?? [] {
            let key = try Self.key(text, reader, "witnessFor")
            guard key.type == .ed25519 else { throw reader.failure("witnessFor", "takes keys of logs (type 1)") }
            witnessFor.append(key)
        }
        if let reader = try reader.object("retention", keys: ["maxAge", "maxBytes", "archive", "intervalSeconds", "waitForWebhooks"]) {
            retention = try Self.retention(reader)
        }
    }

    private static func retention(_ reader: ObjectReader) throws(ObjectReader.Failure) -> Retention {
        guard let archive = try reader.string("archive"), !archive.isEmpty else { throw reader.missing("archive") }
        var retention = Retention(archive: archive)
        retention.maxAge = try duration("maxAge", reader)
        retention.waitForWebhooks = try duration("waitForWebhooks", reader) ?? retention.waitForWebhooks
        retention.maxBytes = try reader.int("maxBytes", in: 1...Int.max)
        guard retention.maxAge != nil || retention.maxBytes != nil else { throw reader.failure("", "needs maxAge, maxBytes or both") }
        if let seconds = try reader.int("intervalSeconds", in: 1...86_400) { retention.interval = Int64(seconds) * 1000 }
        return retention
    }

    private static func duration(_ name: String, _ reader: ObjectReader) throws(ObjectReader.Failure) -> Int64? {
        guard let text = try reader.string(name) else { return nil }
        guard let time = duration(text) else { throw reader.failure(name, "must be a time such as 12h, 90d or 2y, not \"\(text)\"") }
        return time
    }

    /// `90s`, `15m`, `12h`, `90d`, `2w`, `1y` in milliseconds.
    static func duration(_ text: String) -> Int64? {
        let units: [Character: Int64] = [
            "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000,
        ]
        guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()), count > 0 else { return nil }
        let (product, overflows) = count.multipliedReportingOverflow(by: unit)
        return overflows ? nil : product
    }

    private static func url(_ text: String, _ reader: ObjectReader, _ key: String) throws(ObjectReader.Failure) -> HTTPURL {
        do throws(HTTPClientError) { return try HTTPURL(text) } catch { throw reader.failure(key, error.message) }
    }

    private static func key(_ text: String, _ reader: ObjectReader, _ name: String) throws(ObjectReader.Failure) -> NoteKey {
        do throws(NoteError) { return try NoteKey(text) } catch { throw reader.failure(name, error.description) }
    }
}

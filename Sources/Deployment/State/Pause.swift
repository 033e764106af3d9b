import Events
import JSON

/// When a trigger was paused: it takes what was pushed before, whenever that is looked at, and nothing that was pushed meanwhile.
struct Pause: Sendable, Hashable {
    /// Oldest first; the records that paused and resumed it. The last one lasts where nothing resumed it.
    private(set) var spans: [Span] = []

    struct Span: Sendable, Hashable {
        let paused: UInt64
        var resumed: UInt64?
    }

    /// How many are remembered. Who follows the log is rarely behind at all.
    static let limit = 64

    var isPaused: Bool { spans.last.map { $0.resumed == nil } ?? false }

    /// Whether it was paused when a record was made.
    func covers(_ sequence: UInt64) -> Bool {
        spans.contains { $0.paused < sequence && sequence < $0.resumed ?? .max }
    }

    mutating func pause(at sequence: UInt64) {
        guard !isPaused else { return }
        spans.append(Span(paused: sequence))
        guard spans.count > Self.limit else { return }
        // Beyond the limit the two oldest count as one: what was pushed between them stays where a pause would leave it.
        spans[1] = Span(paused: spans[0].paused, resumed: spans[1].resumed)
        spans.removeFirst()
    }

    mutating func resume(at sequence: UInt64) {
        guard isPaused else { return }
        spans[spans.count - 1].resumed = sequence
    }
}

extension Pause {
    func encode(of trigger: String, into json: inout JSONWriter) {
        for span in spans {
            json.beginObject()
            json.member("trigger", trigger)
            json.member("paused", span.paused)
            if let resumed = span.resumed { json.member("resumed", resumed) }
            json.endObject()
        }
    }

    /// By trigger.
    static func all(_ snapshot: SnapshotReader) throws(EventError) -> [String: Pause] {
        var pauses: [String: Pause] = [:]
        guard snapshot.value("pauses")?.object == nil else { return try legacy(snapshot) }
        for reader in try snapshot.list("pauses") {
            let span = Span(paused: try reader.sequence("paused"), resumed: try reader.optionalSequence("resumed"))
            pauses[try reader.string("trigger"), default: Pause()].spans.append(span)
        }
        return pauses
    }

    /// As earlier versions wrote it, which did not know when a pause that is over had begun.
    private static func legacy(_ snapshot: SnapshotReader) throws(EventError) -> [String: Pause] {
        var pauses: [String: Pause] = [:]
        for (name, reader) in try snapshot.members("pauses") {
            var pause = Pause()
            let resumed = try reader.sequence("resumed")
            if resumed > 0 { pause.spans.append(Span(paused: 0, resumed: resumed)) }
            if let paused = try reader.optionalSequence("paused") { pause.spans.append(Span(paused: paused)) }
            pauses[name] = pause
        }
        return pauses
    }
}

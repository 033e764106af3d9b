extension DeliveryRecord {
    private enum Tag: UInt8 {
        /// Of earlier versions, which end with the error.
        case earlierAttempt = 1
        /// The same, which end with the original.
        case earlierRequest = 2
        case job = 3, jobEnded = 4, attempt = 5, request = 6
    }

    /// Longer texts are cut: a receiver chooses some of them.
    private static let textLimit = 500

    func encode(into bytes: inout [UInt8]) {
        var buffer: [UInt8] = []
        swap(&buffer, &bytes)
        var out = ByteWriter(appendingTo: consume buffer)
        switch self {
        case .attempt(let attempt):
            out.byte(Tag.attempt.rawValue)
            Self.write(attempt, to: &out)
        case .request(let request):
            out.byte(Tag.request.rawValue)
            out.text(request.webhook)
            out.number(request.sequence)
            out.text(request.eventID)
            out.text(request.eventType)
            out.time(request.time)
            out.number(request.original)
            out.number(request.lane)
        case .job(let job):
            out.byte(Tag.job.rawValue)
            out.text(job.webhook)
            out.byte(job.source.rawValue)
            out.number(job.after)
            out.number(job.through)
            out.time(job.time)
        case .jobEnded(let webhook, let source):
            out.byte(Tag.jobEnded.rawValue)
            out.text(webhook)
            out.byte(source.rawValue)
        }
        bytes = out.bytes
    }

    private static func write(_ attempt: Attempt, to out: inout ByteWriter) {
        out.text(attempt.webhook)
        out.byte(attempt.source.rawValue)
        out.byte(attempt.fate.rawValue)
        for number in [attempt.number, attempt.job, attempt.lane, attempt.sequence, attempt.first, attempt.previous] { out.number(number) }
        out.text(attempt.eventID)
        out.text(attempt.eventType)
        out.number(attempt.attempt)
        out.time(attempt.time)
        out.time(attempt.latency)
        out.number(attempt.status)
        out.time(attempt.due)
        out.text(attempt.error.utf8.count > textLimit ? String(decoding: attempt.error.utf8.prefix(textLimit), as: UTF8.self) : attempt.error)
        out.time(attempt.pausedUntil)
        out.byte(attempt.isCounted ? 1 : 0)
    }

    /// Nil for bytes that are none of this version's records.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let tag = reader.byte().flatMap(Tag.init), let record = Self.read(tag, &reader), reader.isAtEnd else { return nil }
        self = record
    }

    private static func read(_ tag: Tag, _ reader: inout ByteReader) -> DeliveryRecord? {
        guard let webhook = reader.text() else { return nil }
        switch tag {
        case .attempt, .earlierAttempt: return readAttempt(webhook, isEarlier: tag == .earlierAttempt, &reader).map { .attempt($0) }
        case .request, .earlierRequest:
            guard let sequence = reader.number(), let id = reader.text(), let type = reader.text(), let time = reader.time(),
                let original = reader.number(), let lane = tag == .request ? reader.number() : 0
            else { return nil }
            return .request(
                Request(webhook: webhook, sequence: sequence, eventID: id, eventType: type, time: time, original: original, lane: lane))
        case .job:
            guard let source = reader.byte().flatMap(DeliveryKey.Source.init), let after = reader.number(),
                let through = reader.number(), let time = reader.time()
            else { return nil }
            return .job(Job(webhook: webhook, source: source, after: after, through: through, time: time))
        case .jobEnded:
            guard let source = reader.byte().flatMap(DeliveryKey.Source.init) else { return nil }
            return .jobEnded(webhook: webhook, source: source)
        }
    }

    private static func readAttempt(_ webhook: String, isEarlier: Bool, _ reader: inout ByteReader) -> Attempt? {
        guard let source = reader.byte().flatMap(DeliveryKey.Source.init), let fate = reader.byte().flatMap(Attempt.Fate.init),
            let number = reader.number(), let job = reader.number(), let lane = reader.number(), let sequence = reader.number(), let first = reader.number(),
            let previous = reader.number(), let id = reader.text(), let type = reader.text(), let attempt = reader.int(),
            let time = reader.time(), let latency = reader.time(), let status = reader.int(), let due = reader.time(),
            let error = reader.text()
        else { return nil }
        var record = Attempt(
            webhook: webhook, source: source, number: number, job: job, lane: lane, sequence: sequence, eventID: id, eventType: type,
            attempt: attempt, first: first, previous: previous, time: time, latency: latency, status: status, error: error,
            fate: fate, due: due)
        guard !isEarlier else { return record }
        guard let pausedUntil = reader.time(), let counted = reader.byte() else { return nil }
        record.pausedUntil = pausedUntil
        record.isCounted = counted != 0
        return record
    }
}

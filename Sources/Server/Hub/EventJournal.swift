import EventLog
import Events
import Synchronization

/// Brings what is no change of the registry's state into the log: refusals at the door, and blobs that a repository gave up.
final class EventJournal: Sendable {
    private let log: EventLog
    private let host: String
    /// Strangers cause denials: they may not fill the disk with them.
    private let denials = Mutex((second: Int64(0), count: 0))
    private let unrecorded = Atomic(0)

    private static let denialsPerSecond = 20

    init(log: EventLog, host: String) {
        self.log = log
        self.host = host
    }

    /// Denials that were only counted, since the start.
    var unrecordedDenials: Int { unrecorded.load(ordering: .relaxed) }

    /// Returns when the event is on disk.
    func record(_ payload: Event.Payload, _ context: EventContext) async throws(LogError) {
        let (log, host) = (log, host)
        let result: Result<Void, LogError> = await withCheckedContinuation { continuation in
            do {
                try log.commit({ transaction in
                    let time = transaction.time
                    let event = Event(id: .next(now: time), registry: host, context: context, payload: payload)
                    transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                }, whenDurable: { continuation.resume(returning: $0) })
            } catch let error as LogError {
                continuation.resume(returning: .failure(error))
            } catch {
                continuation.resume(returning: .failure(LogError(.io, "the event was not recorded: \(error)")))
            }
        }
        try result.get()
    }

    /// Records a denial, or counts it where there are too many. The denial stands in any case.
    func recordDenial(_ denial: AccessDenial, _ context: EventContext, now: Int64) async {
        let isWithin = denials.withLock { denials in
            if denials.second != now / 1000 { denials = (now / 1000, 0) }
            denials.count += 1
            return denials.count <= Self.denialsPerSecond
        }
        guard isWithin, (try? await record(.accessDenied(denial), context)) != nil else {
            unrecorded.wrappingAdd(1, ordering: .relaxed)
            return
        }
    }
}

import EventLog
import Events

extension EventLog {
    /// Appends events of the hub itself, or of a command on its folder, as one transaction; returns when they are on disk. Blocks.
    /// - Parameters:
    ///   - name: who did it.
    ///   - host: the registry's name.
    func recordAndWait(_ payloads: some Sequence<Event.Payload>, by name: String, host: String) throws {
        try commitAndWait { transaction in
            let time = transaction.time
            for payload in payloads {
                let event = Event(id: .next(now: time), registry: host, context: .system(name), payload: payload)
                transaction.append { sequence, bytes in event.encode(into: &bytes, sequence: sequence, time: time) }
            }
        }
    }
}

import EventLog
import Events

extension OpenDelivery {
    /// It is told of by its last record where it has one, else by the event; and when that was. Blocks.
    func view(_ webhook: String, _ log: EventLog, _ attempts: EventLog?) throws(LogError) -> (DeliveryView, time: Int64) {
        if last != 0, let record = try attempts?.record(at: last) {
            switch DeliveryRecord(record.body) {
            case .attempt(let attempt)? where attempt.webhook == webhook && attempt.key == key:
                return (attempt.view(number: record.sequence, isLast: true, response: record.attachment), attempt.time)
            case .request(let request)? where request.webhook == webhook:
                return (request.view(number: record.sequence), request.time)
            default: break
            }
        }
        let record = try log.record(at: sequence)
        var view = DeliveryView(webhook, record, sequence, key.source)
        if first != 0 { view.id = DeliveryID.text(first) }
        if self.attempts > 0 { (view.state, view.due) = (.retrying, due) }
        view.attemptCount = self.attempts
        return (view, record?.time ?? failedAt)
    }
}

extension DeliveryView {
    /// Of an event that was not tried yet.
    /// - Parameter record: the event's, where the log has it.
    init(_ webhook: String, _ record: Record?, _ sequence: UInt64, _ source: DeliveryKey.Source) {
        let header = record.flatMap { try? EventHeader(scanning: $0.body) }
        self.init(
            id: nil, webhook: webhook, state: .pending, kind: source.text, sequence: sequence, eventID: header?.id ?? "",
            eventType: header?.type ?? "")
    }
}

import Crypto
import EventLog
import Events

/// The names that a log had, as its own records tell: after a restore it goes on under another one.
struct Lineage {
    private struct Step {
        let sequence: UInt64
        let notice: RestoreNotice
    }

    private var steps: [Step] = []

    /// What a record says about that; nil where it is about something else.
    static func notice(of record: Record) -> Result<RestoreNotice, EventError>? {
        // Those that bring a manifest are pushes.
        guard record.kind == .event, record.attachment.isEmpty, let header = try? EventHeader(scanning: record.body),
            header.type == EventType.logRestored.rawValue
        else { return nil }
        return Result { () throws(EventError) in
            guard case .logRestored(let notice) = try Event(decoding: record.body).payload else {
                throw EventError(.malformed, "the event is another than its first lines say")
            }
            return notice
        }
    }

    /// - Parameter root: of the tree before the record; nil where it is not known.
    /// - Returns: what is wrong with it.
    mutating func take(_ notice: Result<RestoreNotice, EventError>, _ sequence: UInt64, _ root: TreeHash?) -> String? {
        switch notice {
        case .failure(let error): return "it says that the log was restored, and cannot be read: \(error)"
        case .success(let notice):
            steps.append(Step(sequence: sequence, notice: notice))
            if notice.size &+ 1 != sequence { return "it says that the log goes on from \(notice.size) records, which are not those before it" }
            if let root, Base64.encode(root.bytes) != notice.root {
                return "it says that the log goes on from \(notice.size) records with another root than they have"
            }
            return nil
        }
    }

    /// A checkpoint of a log that this one is not any more, over records that this one has never had.
    func finding(_ item: CheckpointList.Item) -> VerifyReport.Finding? {
        guard let step = steps.first(where: { $0.notice.previousOrigin == item.origin && item.size > $0.notice.size }) else { return nil }
        return .init(
            "\(item.name) covers \(item.size) records of \(item.origin), of which this log has \(step.notice.size): it was restored from a backup, "
                + "goes on from there as \(step.notice.origin), and records \(step.sequence) to \(item.size) of the other are lost",
            sequence: step.sequence)
    }

    func explains(_ change: CheckpointList.Change) -> Bool {
        steps.contains { step in
            step.notice.previousOrigin == change.last.origin && step.notice.origin == change.first.origin
                && change.last.size <= step.notice.size && step.notice.size <= change.first.size
        }
    }
}

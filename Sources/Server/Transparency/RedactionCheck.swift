import Audit
import Crypto
import EventLog
import Events

/// Holds redacted records to the events that say so. The leaf of a redacted record proves the body it was committed with; the body that
/// stands there now is proven by the event, which is a record with a leaf of its own.
struct RedactionCheck {
    private var redacted: [UInt64: (place: LogWalk.Place, original: String, body: String)] = [:]
    private var notices: [UInt64: (place: LogWalk.Place, notice: RedactionNotice)] = [:]

    mutating func take(_ record: Record, _ place: LogWalk.Place) {
        if record.kind == .redacted {
            redacted[record.sequence] = (
                place, Hex.encode(record.originalBodyHash?.bytes ?? []), Hex.encode(hash(.sha256, record.body))
            )
        }
        guard let header = try? EventHeader(scanning: record.body), header.type == EventType.recordRedacted.rawValue,
            let event = try? Event(decoding: record.body), case .recordRedacted(let notice) = event.payload
        else { return }
        notices[notice.record] = (place, notice)
    }

    /// - Parameters:
    ///   - first: the first record that is kept.
    ///   - isWhole: all records from there on were seen.
    func findings(from first: UInt64, isWhole: Bool) -> [VerifyReport.Finding] {
        guard isWhole else { return [] }
        var findings: [VerifyReport.Finding] = []
        for (sequence, record) in redacted.sorted(by: { $0.key < $1.key }) {
            guard let notice = notices[sequence]?.notice else {
                findings.append(.init("it is marked as redacted, but no event says so", at: record.place))
                continue
            }
            if notice.sha256 != record.original || notice.redactedSHA256 != record.body {
                findings.append(.init("what stands in the redacted record is not what the event about it says", at: record.place))
            }
        }
        for (sequence, notice) in notices.sorted(by: { $0.key < $1.key }) where redacted[sequence] == nil && sequence >= first {
            var finding = VerifyReport.Finding(
                "it says that record \(sequence) was redacted, which it is not: run 'signalbox audit redact \(sequence)' again to finish", at: notice.place)
            finding.canWait = true
            findings.append(finding)
        }
        return findings
    }
}

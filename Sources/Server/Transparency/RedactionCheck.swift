package import Audit
import Crypto
import Events
package import EventLog

/// Holds redacted records to the events that say so. The leaf of a redacted record proves the body it was committed with; the body that
/// stands there now is proven by the event, which is a record with a leaf of its own.
package struct RedactionCheck {
    private struct Redacted {
        let place: LogWalk.Place?
        let original: TreeHash?
        /// Its SHA-256.
        let body: [UInt8]
    }

    private struct Notice {
        let sequence: UInt64
        let place: LogWalk.Place?
        let notice: RedactionNotice
    }

    private var redacted: [UInt64: Redacted] = [:]
    private var notices: [UInt64: Notice] = [:]

    package init() {}

    mutating func take(_ record: Record, _ place: LogWalk.Place) {
        if record.kind == .redacted { take(redacted: record.body, of: record.sequence, original: record.originalBodyHash, place) }
        take(event: record.body, record.sequence, place)
    }

    /// - Parameters:
    ///   - body: what stands in the record now.
    ///   - original: the hash of what it was committed with.
    package mutating func take(redacted body: [UInt8], of sequence: UInt64, original: TreeHash?, _ place: LogWalk.Place? = nil) {
        redacted[sequence] = Redacted(place: place, original: original, body: hash(.sha256, body))
    }

    /// An event that is proven: it may be one that says of another record that it was redacted.
    package mutating func take(event body: [UInt8], _ sequence: UInt64, _ place: LogWalk.Place? = nil) {
        guard let header = try? EventHeader(scanning: body), header.type == EventType.recordRedacted.rawValue,
            let event = try? Event(decoding: body), case .recordRedacted(let notice) = event.payload
        else { return }
        notices[notice.record] = Notice(sequence: sequence, place: place, notice: notice)
    }

    /// - Parameters:
    ///   - first: the first record that is kept.
    ///   - isWhole: all records from there on were seen.
    package func findings(from first: UInt64, isWhole: Bool) -> [VerifyReport.Finding] {
        guard isWhole else { return [] }
        var findings: [VerifyReport.Finding] = []
        for (sequence, record) in redacted.sorted(by: { $0.key < $1.key }) {
            guard let notice = notices[sequence]?.notice else {
                findings.append(Self.finding("it is marked as redacted, but no event says so", sequence, record.place))
                continue
            }
            if notice.sha256 != Hex.encode(record.original?.bytes ?? []) || notice.redactedSHA256 != Hex.encode(record.body) {
                findings.append(Self.finding("what stands in the redacted record is not what the event about it says", sequence, record.place))
            }
        }
        for (sequence, notice) in notices.sorted(by: { $0.key < $1.key }) where redacted[sequence] == nil && sequence >= first {
            var finding = Self.finding(
                "it says that record \(sequence) was redacted, which it is not: run 'signalbox audit redact \(sequence)' again to finish",
                notice.sequence, notice.place)
            finding.canWait = true
            findings.append(finding)
        }
        return findings
    }

    private static func finding(_ what: String, _ sequence: UInt64, _ place: LogWalk.Place?) -> VerifyReport.Finding {
        .init(what, sequence: sequence, path: place?.path, offset: place?.offset)
    }
}

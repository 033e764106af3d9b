import EventLog
import Events

/// Whether the records that a log does not begin with any more left it for the archive: the log says so of each segment before it goes, under a
/// checkpoint. Else somebody took them away.
package struct ArchiveCheck {
    /// The last records of segments that the log says are archived.
    private var archived: Set<UInt64> = []
    private var wasRestored = false

    package init() {}

    /// - Parameter body: of a record of the log.
    package mutating func take(_ body: [UInt8]) {
        guard let header = try? EventHeader(scanning: body) else { return }
        if header.type == EventType.logRestored.rawValue { wasRestored = true }
        guard header.type == EventType.segmentArchived.rawValue, let event = try? Event(decoding: body),
            case .segmentArchived(let notice) = event.payload
        else { return }
        archived.insert(notice.through)
    }

    /// - Parameter first: the first record that is kept. All records from there on were taken.
    package func end(first: UInt64, _ report: inout VerifyReport) {
        guard first > 1, !archived.contains(first - 1) else { return }
        let what = "records 1 to \(first - 1) are not in the log, and no record says that they were archived"
        if wasRestored {
            // Restores of earlier versions could leave that record behind.
            report.notes.append(what + "; the log was restored, perhaps as it was before that record")
        } else {
            report.findings.append(.init(
                what + ": somebody took them away, or they went a moment ago and the next checkpoint covers the record about that", sequence: first))
        }
    }
}

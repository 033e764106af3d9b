import Audit
import Crypto
import EventLog
import JSON
import Server

/// Holds the events that a hub shows to the entries of the log: none may be another, and none may be missing.
struct RemoteEvents {
    let client: HubClient
    /// What redacted events stand for, which later events say.
    private(set) var redactions = RedactionCheck()
    /// What says that records left the log.
    private(set) var archive = ArchiveCheck()

    init(client: HubClient) {
        self.client = client
    }

    /// The number that an event says it has.
    static func sequence(_ body: [UInt8]) -> UInt64? {
        (try? JSONValue.parse(body))?["sequence"]?.string.flatMap { UInt64($0) }
    }

    /// - Parameter entries: those of the records that are proven; the others are findings already.
    /// - Returns: findings about events that were not shown.
    mutating func check(first: UInt64, count: Int, _ entries: [LogEntry], _ report: inout VerifyReport) async throws -> [VerifyReport.Finding] {
        let last = first + UInt64(count) - 1
        var due = entries[...]
        var missing: [VerifyReport.Finding] = []
        var shown = first - 1
        pages: while shown < last {
            let path = "/api/v1/events?order=asc&limit=\(count)&after=\(shown)&before=\(last + 1)"
            let page = try await client.content(path) ?? []
            let bodies = EventBodies.of(page)
            for body in bodies {
                guard let sequence = Self.sequence(body), sequence > shown, sequence <= last else {
                    report.findings.append(.init("the hub shows an event that is not one of records \(shown + 1) to \(last) when asked for these", sequence: shown + 1))
                    break pages
                }
                leaveOut(&due, before: sequence, &missing, &report)
                if let entry = due.first, entry.sequence == sequence {
                    due.removeFirst()
                    check(body, entry, &report)
                }
                shown = sequence
            }
            // A page can be short, and even empty where records are lost, and says then where to go on.
            guard let next = bodies.isEmpty ? Self.next(page) : shown, next > shown || !bodies.isEmpty else { break }
            shown = max(shown, next)
        }
        leaveOut(&due, before: .max, &missing, &report)
        return missing
    }

    private static func next(_ page: [UInt8]) -> UInt64? {
        (try? JSONValue.parse(page))?["next"]?.string.flatMap { UInt64($0) }
    }

    /// Goes past entries whose event was not shown: of a record that was lost before it was signed there is none.
    private func leaveOut(
        _ due: inout ArraySlice<LogEntry>, before sequence: UInt64, _ missing: inout [VerifyReport.Finding], _ report: inout VerifyReport
    ) {
        while let entry = due.first, entry.sequence < sequence {
            due.removeFirst()
            if entry.kind == .lost { report.lost += 1 } else {
                missing.append(.init("the hub leaves out its event, which is in the log", sequence: entry.sequence))
            }
        }
    }

    private mutating func check(_ body: [UInt8], _ entry: LogEntry, _ report: inout VerifyReport) {
        report.bytes += body.count
        if hash(.sha256, body) == entry.bodyHash.bytes {
            redactions.take(event: body, entry.sequence)
            archive.take(body)
        } else if (try? JSONValue.parse(body))?["data"]?["redacted"] != nil {
            report.redacted += 1
            redactions.take(redacted: body, of: entry.sequence, original: entry.bodyHash)
            archive.take(body)
        } else {
            report.findings.append(.init("the event that the hub shows is not the one that was committed", sequence: entry.sequence))
        }
    }
}

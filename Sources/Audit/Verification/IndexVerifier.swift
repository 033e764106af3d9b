package import EventLog

/// The indexes of a stopped hub's log, held to its records.
package struct IndexVerifier {
    private var check: IndexCheck

    /// - Parameter log: the log's folder.
    package init(log: String) {
        check = IndexCheck(directory: log, schema: EventTerm.schema) { body, terms in EventTerms.append(body, to: &terms) }
    }

    package mutating func take(_ record: Record, _ place: LogWalk.Place) throws {
        try check.take(record, place)
    }

    /// After the last record.
    package mutating func end(_ walk: LogWalk, _ report: inout VerifyReport) throws {
        try check.end(walk)
        report.findings += check.wrong.map { path in
            .init("this index says something else than the records do, so that queries can pass over some; remove it, the hub makes it again", path: path)
        }
        report.notes += check.unusable.map { "the index \($0) cannot be used; the hub makes it again" }
    }
}

import IO

/// What a check of a log found.
package struct LogReport: Sendable {
    package struct Segment: Sendable {
        package let path: String
        package let firstSequence: UInt64
        /// One less than `firstSequence` when it has no records.
        package let lastSequence: UInt64
        /// Intact records.
        package let records: Int
        /// Records that an earlier repair marked as lost.
        package let lost: Int
        /// The length of the file.
        package let bytes: Int
    }

    package let segments: [Segment]
    /// One sentence each, with segment, offset and sequence. Empty: the log is intact.
    package let damage: [String]
    /// What the next start does of its own accord, such as cutting off a torn end.
    package let notes: [String]

    package var records: Int { segments.reduce(0) { $0 + $1.records } }
    package var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }
}

extension EventLog {
    /// Reads a log from its first record to its last and checks everything, without changing anything. Blocks for as long as reading it all takes.
    /// - Parameter knownDurable: a sequence that is known to have been on disk, such as a snapshot's.
    package static func verify(directory: String, knownDurable: UInt64 = 0) throws(LogError) -> LogReport {
        let survey = try LogSurvey(directory, floor: knownDurable)
        var damage: [String] = []
        var notes: [String] = []
        for (slot, segment) in survey.segments.enumerated() {
            let path = segment.file.path
            damage += segment.damage
            if segment.isTorn { notes.append("\(path), byte \(segment.end): a torn end, which the next start cuts off") }
            // A gap up to the end of the file says already that what follows is missing.
            if let gap = segment.gaps.last, gap.next == nil { continue }
            if slot + 1 < survey.segments.count {
                let successor = survey.segments[slot + 1].header.first
                if segment.next != successor {
                    damage.append("\(path) ends with record \(segment.next &- 1) and the next segment starts with \(successor)")
                }
            } else if !segment.isTorn, segment.next <= survey.floor {
                damage.append("\(path) ends with record \(segment.next &- 1), but record \(survey.floor) was on disk once")
            }
        }
        return LogReport(segments: survey.segments.map(LogReport.Segment.init), damage: damage, notes: notes)
    }
}

extension LogReport.Segment {
    init(_ survey: SegmentSurvey) {
        path = survey.file.path
        firstSequence = survey.header.first
        lastSequence = survey.next &- 1
        records = survey.records
        lost = survey.lost
        bytes = survey.size
    }
}

extension SegmentSurvey {
    /// What is wrong within this segment, a sentence each.
    var damage: [String] {
        var sentences = headerIsDamaged ? ["\(file.path), byte 0: the segment's header is not intact"] : []
        for gap in gaps {
            let next = gap.next.map { "the next intact record is \($0.sequence) at byte \($0.offset)" } ?? "no intact record follows in this file"
            sentences.append("\(file.path), byte \(gap.offset), record \(gap.sequence): \(gap.what); \(next)")
        }
        return sentences
    }
}

import EventLog

/// Records that are marked as lost, since the last checkpoint that fits.
///
/// Whoever can write to the folder can put such a mark in the place of any record. Only one that the hub signed for is explained: where damage
/// took records before a checkpoint covered them, the tree has them as lost. Any other stands where a record was that the hub once had.
struct LossList {
    private struct Run {
        let place: LogWalk.Place
        var last: UInt64
        /// The tree has them as lost ones.
        let isInTree: Bool

        var text: String { place.sequence == last ? "record \(last) is" : "records \(place.sequence) to \(last) are" }
    }

    /// Beyond these only their number is said: somebody may have marked every other record.
    private static let limit = 100

    private var runs: [Run] = []
    private var others: UInt64 = 0

    mutating func take(_ place: LogWalk.Place, isInTree: Bool) {
        if others == 0, let last = runs.last, last.last + 1 == place.sequence, last.isInTree == isInTree {
            runs[runs.count - 1].last = place.sequence
        } else if runs.count < Self.limit {
            runs.append(Run(place: place, last: place.sequence, isInTree: isInTree))
        } else {
            others += 1
        }
    }

    /// - Parameter isProven: a checkpoint has the root of the tree that they are in.
    mutating func settle(isProven: Bool, _ report: inout VerifyReport) {
        for run in runs {
            if isProven, run.isInTree {
                report.notes.append("\(run.text) lost: damage took what stood there before a checkpoint covered it, and the hub has signed that")
            } else {
                var finding = VerifyReport.Finding(
                    "\(run.text) marked as lost, and no checkpoint says so: what stood there is gone. A repair after damage leaves such marks, and so "
                        + "does who wants a record gone; a backup or the folder log/damaged may have it", at: run.place)
                finding.isLoss = true
                report.findings.append(finding)
            }
        }
        if others > 0 {
            var finding = VerifyReport.Finding("\(others) more records after record \(runs.last?.last ?? 0) are marked as lost")
            finding.isLoss = true
            report.findings.append(finding)
        }
        (runs, others) = ([], 0)
    }
}

package import EventLog

/// What a verification found.
package struct VerifyReport: Sendable {
    /// Something that is not as it must be.
    package struct Finding: Sendable {
        /// The record at fault, or the first of those that may be; nil where it is about no record.
        package var sequence: UInt64?
        package var path: String?
        package var offset: Int?
        package let what: String
        /// Something that was begun and is to be finished, where nothing is lost or wrong.
        package var canWait = false
        /// A record is marked as lost: what is left of the log is as it was.
        package var isLoss = false

        package init(_ what: String, sequence: UInt64? = nil, path: String? = nil, offset: Int? = nil) {
            self.what = what
            self.sequence = sequence
            self.path = path
            self.offset = offset
        }

        package init(_ what: String, at place: LogWalk.Place?) {
            self.init(what, sequence: place?.sequence, path: place?.path, offset: place?.offset)
        }

        /// One line.
        package var text: String {
            var place: [String] = []
            if let sequence { place.append("record \(sequence)") }
            if let path { place.append(path.hasSuffix(".log") ? "segment \(path)" : path) }
            if let offset { place.append("byte \(offset)") }
            return place.isEmpty ? what : place.joined(separator: ", ") + ": " + what
        }
    }

    /// The first record that is kept, and the last.
    package var first: UInt64 = 1
    package var last: UInt64 = 0
    package var segments = 0
    package var bytes = 0
    /// Records that are marked as lost, and that personal data was taken out of.
    package var lost = 0
    package var redacted = 0
    /// Checkpoints that were checked, and the size of the greatest that fits.
    package var checkpoints = 0
    package var provenSize: UInt64 = 0
    package var root: TreeHash?
    package var manifests = 0
    package var blobs = 0
    /// In the order they were found; the first is the place to look at.
    package var findings: [Finding] = []
    package var notes: [String] = []

    package init() {}

    /// How many records are after the last checkpoint that fits: nothing proves them.
    package var unproven: UInt64 {
        let proven = max(provenSize, first - min(first, 1))
        return last - min(last, proven)
    }

    /// Nil where everything is proven.
    package var unprovenText: String? {
        guard unproven > 0 else { return nil }
        let records = unproven == 1 ? "1 record after the last signed checkpoint is not proven" : "\(unproven) records after the last signed checkpoint are not proven"
        return records + ": \(last - unproven + 1) to \(last)"
    }
}

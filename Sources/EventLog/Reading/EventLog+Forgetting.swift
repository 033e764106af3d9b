import IO

extension EventLog {
    /// A segment that nothing is appended to any more.
    package struct SealedSegment: Sendable, Hashable {
        package let path: String
        package let first: UInt64
        package let last: UInt64
        /// Where the last record ends.
        package let bytes: Int
        /// The greatest time of a record, in milliseconds since 1970.
        package let latest: Int64
    }

    /// The sealed segments, oldest first, at most `limit` of them. Blocks on the disk.
    package func sealedSegments(limit: Int) throws(LogError) -> [SealedSegment] {
        var segments: [SealedSegment] = []
        for first in catalogue.sealedFirsts.prefix(limit) {
            let segment = try Segment.open(options.directory, first: first)
            segments.append(SealedSegment(
                path: segment.file.path, first: first, last: segment.index.last, bytes: segment.index.end, latest: segment.index.latest))
        }
        return segments
    }

    /// The bytes of all segments, the one that is appended to included.
    package var bytes: Int {
        get throws(LogError) {
            let firsts = catalogue.sealedFirsts
            let sealed = try files { () throws(IOError) in
                var sum = 0
                for first in firsts { sum += try Files.info(SegmentName.path(options.directory, first))?.size ?? 0 }
                return sum
            }
            return sealed + catalogue.activeBytes
        }
    }

    /// Removes sealed segments of which every record comes before `first`. That they are to go is on disk before the first one does,
    /// so that a crash in between leaves a log that opens. What they held must be kept elsewhere before this is called. Blocks on the disk.
    package func forget(before first: UInt64) throws(LogError) {
        let firsts = catalogue.firsts
        let keep = (firsts.sealed + [firsts.active]).last { $0 <= first } ?? catalogue.oldest
        guard keep > catalogue.oldest else { return }
        try files { () throws(IOError) in try ForgottenMark.write(options.directory, first: keep) }
        let removed = try catalogue.removeOldest { $0.index.last < keep }
        try files { () throws(IOError) in
            for first in removed { try ForgottenMark.remove(options.directory, first) }
        }
    }
}

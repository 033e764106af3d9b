extension EventLog {
    /// The first record of a segment, from the name of its file; nil for other files.
    package static func firstSequence(of path: String) -> UInt64? {
        path.split(separator: "/").last.flatMap { SegmentName.first(of: String($0)) }
    }
}

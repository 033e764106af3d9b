package import IO

extension EventLog {
    /// The first record of the log in a folder, without opening it; 1 where there is none.
    package static func oldestSequence(in directory: String) throws(IOError) -> UInt64 {
        try Files.exists(directory) ? SegmentName.list(directory).first ?? 1 : 1
    }
}

extension EventLog {
    /// The first record of a segment, from the name of its file; nil for other files.
    package static func firstSequence(of path: String) -> UInt64? {
        path.split(separator: "/").last.flatMap { SegmentName.first(of: String($0)) }
    }
}

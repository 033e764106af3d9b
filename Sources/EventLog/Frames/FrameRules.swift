/// What holds between the headers of frames that follow one another in a segment, beside their checksums and sequences.
///
/// The tree proves a record's number, time and content. A header also says how many records of its transaction follow, and what was on disk
/// before it: by these a start decides whether a torn end is damage. So a header that contradicts its neighbours was changed by somebody.
struct FrameRules {
    /// The frame before, unless it is a mark of a repair, which knows nothing of those that it replaced.
    private var last: FrameHeader?
    /// The greatest that a frame says was on disk.
    private var durable: UInt64 = 0

    /// - Parameter hasOnlyZerosBeside: the bytes that mean nothing are zero.
    /// - Returns: what is wrong.
    mutating func take(_ frame: FrameHeader, hasOnlyZerosBeside: Bool) -> String? {
        guard hasOnlyZerosBeside else { return "bytes beside the record that mean nothing are not zero" }
        if frame.durable >= frame.sequence { return "its header says that record \(frame.durable) was on disk before it was written" }
        if frame.kind == .lost {
            last = nil
            return frame.remaining == 0 ? nil : "its header says that it is part of a transaction, and it is marked as lost"
        }
        defer { (last, durable) = (frame, max(durable, frame.durable)) }
        if frame.durable < durable { return "its header says that record \(frame.durable) was on disk before it, and an earlier one says that of record \(durable)" }
        guard let last, last.remaining > 0 else { return nil }
        if frame.remaining != last.remaining - 1 {
            return "its header says that \(frame.remaining) records of its transaction follow, and the one before it says \(last.remaining)"
        }
        if frame.durable != last.durable || frame.time != last.time { return "its header does not fit the one before it, which is of the same transaction" }
        return nil
    }

    /// After the segment's last frame: no transaction goes on in another segment.
    func end() -> String? {
        guard let last, last.remaining > 0 else { return nil }
        return "the record before says that \(last.remaining) records of its transaction follow in the segment, and none does"
    }
}

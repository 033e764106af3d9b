/// Where in a segment every 16th record starts. The sequence numbers have no gaps, so the offsets alone are enough.
struct SparseIndex: Sendable, Equatable {
    static let stride: UInt64 = 16

    let first: UInt64
    /// How many records the segment has.
    var count: UInt64 = 0
    /// Where the last record ends.
    var end = SegmentHeader.size
    /// The greatest time of a record, in milliseconds since 1970.
    var latest = Int64.min
    /// The offsets of the records `first`, `first + 16`, `first + 32`, ...
    var offsets: [UInt64] = []

    init(first: UInt64) {
        self.first = first
    }

    /// The last record's sequence; `first - 1` while there is none.
    var last: UInt64 { first &+ count &- 1 }

    /// Takes in the next record, which starts where the one before ended.
    mutating func append(_ header: FrameHeader) {
        append(at: end, to: end + header.frameLength, time: header.time)
    }

    mutating func append(at offset: Int, to end: Int, time: Int64) {
        if count % Self.stride == 0 { offsets.append(UInt64(offset)) }
        count &+= 1
        self.end = end
        latest = max(latest, time)
    }

    /// The closest known record at or before `sequence`, which must be in the segment.
    func position(atOrBefore sequence: UInt64) -> (sequence: UInt64, offset: Int)? {
        guard sequence >= first, sequence <= last, count > 0 else { return nil }
        let slot = (sequence - first) / Self.stride
        guard slot < UInt64(offsets.count) else { return nil }
        return (first + slot * Self.stride, Int(clamping: offsets[Int(slot)]))
    }
}

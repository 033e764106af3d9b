/// The earliest and the latest time in every stretch of 512 records. Times are not an order (a clock may be set back), so both ends count.
struct TimeBlocks: Sendable, Equatable {
    static let stride: UInt32 = 512

    struct Block: Sendable, Equatable {
        var earliest: Int64
        var latest: Int64
    }

    private(set) var blocks: [Block] = []
    private(set) var count: UInt32 = 0

    init() {}

    init(blocks: [Block], count: UInt32) {
        self.blocks = blocks
        self.count = count
    }

    mutating func append(_ time: Int64) {
        if count % Self.stride == 0 { blocks.append(Block(earliest: time, latest: time)) }
        let last = blocks.count - 1
        blocks[last].earliest = min(blocks[last].earliest, time)
        blocks[last].latest = max(blocks[last].latest, time)
        count += 1
    }

    /// Whether the record at `place` can have a time from `since` on and before `until`. Of a record beyond the blocks nothing is known.
    func mayHold(_ place: UInt32, since: Int64, until: Int64) -> Bool {
        guard place < count, Int(place / Self.stride) < blocks.count else { return true }
        let block = blocks[Int(place / Self.stride)]
        return block.latest >= since && block.earliest < until
    }

    /// Whether any record that the blocks cover can.
    func mayHold(since: Int64, until: Int64) -> Bool {
        blocks.contains { $0.latest >= since && $0.earliest < until }
    }
}

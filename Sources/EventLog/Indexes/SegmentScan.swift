import IO

/// Shows the records of one segment where they lie in a buffer, forward or backward: nothing is copied for those that nobody wants.
struct SegmentScan {
    /// How much is read at once where nearly all of it is wanted.
    static let windowBytes = 512 << 10
    /// A stretch of large records is read one record at a time, so that a search holds no more than one of them.
    static let largeBytes = 4 << 20

    let view: Catalogue.View
    let query: LogQuery
    /// Places of the records that can be meant, ascending; nil for all.
    let candidates: [UInt32]?
    /// What the index knows of the times.
    let times: TimeBlocks?

    /// Where frames start in a part of the segment that was read.
    private struct Frame {
        let header: FrameHeader
        let offset: Int
    }

    /// Shows what lies in `range`, which is within the segment.
    /// - Parameter show: false to stop.
    /// - Returns: where it stopped, or nil when the range was done.
    func run(
        _ range: ClosedRange<UInt64>, _ buffer: inout [UInt8], budget: inout Int,
        _ show: (RecordHead, Span<UInt8>) -> Bool
    ) throws(LogError) -> UInt64? {
        let places = UInt32(clamping: range.lowerBound - view.index.first)...UInt32(clamping: range.upperBound - view.index.first)
        let wanted = candidates.map { all in all.filter { places.contains($0) && mayHold($0) } }
        if let wanted, wanted.isEmpty { return nil }
        let low = wanted?.first ?? places.lowerBound
        let high = wanted?.last ?? places.upperBound
        let stride = UInt32(SparseIndex.stride)
        var slots = Int(low / stride)...Int(high / stride)
        while true {
            let window = nextWindow(slots, wanted)
            if let window, let stop = try visit(window, range, wanted, &buffer, &budget, show) { return stop }
            let rest = query.isAscending
                ? (window?.upperBound ?? slots.upperBound + 1)..<slots.upperBound + 1
                : slots.lowerBound..<(window?.lowerBound ?? slots.lowerBound)
            guard window != nil, !rest.isEmpty else { return nil }
            slots = rest.lowerBound...rest.upperBound - 1
            if budget <= 0 {
                let edge = view.index.first + UInt64(query.isAscending ? rest.lowerBound : rest.upperBound) * SparseIndex.stride
                return query.isAscending ? max(edge - 1, range.lowerBound - 1) : min(edge, range.upperBound + 1)
            }
        }
    }

    private func mayHold(_ place: UInt32) -> Bool {
        times?.mayHold(place, since: query.since, until: query.until) ?? true
    }

    /// The next stretches of the sparse index to read at once: those that hold something wanted, as long as they follow one another.
    private func nextWindow(_ slots: ClosedRange<Int>, _ wanted: [UInt32]?) -> Range<Int>? {
        func isWanted(_ slot: Int) -> Bool {
            let first = UInt32(slot) * UInt32(SparseIndex.stride)
            guard let wanted else { return mayHold(first) || mayHold(first + UInt32(SparseIndex.stride) - 1) }
            let next = wanted.partition(below: first)
            return next < wanted.count && wanted[next] < first + UInt32(SparseIndex.stride)
        }
        let step = query.isAscending ? 1 : -1
        var slot = query.isAscending ? slots.lowerBound : slots.upperBound
        while slots.contains(slot), !isWanted(slot) { slot += step }
        guard slots.contains(slot) else { return nil }
        let start = slot
        slot += step
        while slots.contains(slot), isWanted(slot), size(min(start, slot)..<max(start, slot) + 1) <= Self.windowBytes { slot += step }
        return query.isAscending ? start..<slot : slot + 1..<start + 1
    }

    private func offset(_ slot: Int) -> Int {
        slot < view.index.offsets.count ? Int(clamping: view.index.offsets[slot]) : view.index.end
    }

    private func size(_ window: Range<Int>) -> Int { offset(window.upperBound) - offset(window.lowerBound) }

    /// Reads one window and shows what is wanted of it.
    private func visit(
        _ window: Range<Int>, _ range: ClosedRange<UInt64>, _ wanted: [UInt32]?, _ buffer: inout [UInt8], _ budget: inout Int,
        _ show: (RecordHead, Span<UInt8>) -> Bool
    ) throws(LogError) -> UInt64? {
        let start = offset(window.lowerBound)
        let count = size(window)
        budget -= count
        let isLarge = count > Self.largeBytes
        var frames: [Frame]
        if isLarge {
            frames = try framesOneByOne(window, count, &buffer)
        } else {
            try read(count, at: start, into: &buffer)
            frames = try self.frames(window, count, buffer)
        }
        if !query.isAscending { frames.reverse() }
        for frame in frames where isMeant(frame.header, range, wanted) {
            let header = frame.header
            if isLarge { try read(header.frameLength, at: start + frame.offset, into: &buffer) }
            let place = isLarge ? 0 : frame.offset
            guard unsafe header.checksumOfPayload(buffer.span.bytes, at: place) == header.payloadChecksum else {
                throw damage(start + frame.offset, header.sequence, "the checksum of the record does not fit its bytes")
            }
            let head = RecordHead(
                sequence: header.sequence, time: header.time, kind: header.kind, attachmentLength: Int(header.attachmentLength))
            let body = header.bodyRange
            if !show(head, buffer.span.extracting(place + body.lowerBound..<place + body.upperBound)) { return header.sequence }
        }
        if buffer.count > Self.largeBytes { buffer = [] }
        return nil
    }

    private func isMeant(_ header: FrameHeader, _ range: ClosedRange<UInt64>, _ wanted: [UInt32]?) -> Bool {
        guard range.contains(header.sequence), header.time >= query.since, header.time < query.until else { return false }
        guard let wanted else { return true }
        let place = UInt32(clamping: header.sequence - view.index.first)
        let slot = wanted.partition(below: place)
        return slot < wanted.count && wanted[slot] == place
    }

    /// As `frames`, reading the headers alone.
    private func framesOneByOne(_ window: Range<Int>, _ count: Int, _ buffer: inout [UInt8]) throws(LogError) -> [Frame] {
        var found: [Frame] = []
        var sequence = view.index.first + UInt64(window.lowerBound) * SparseIndex.stride
        var offset = 0
        while offset < count {
            try read(min(FrameHeader.size, count - offset), at: self.offset(window.lowerBound) + offset, into: &buffer)
            guard let header = unsafe FrameHeader(buffer.span.bytes, at: 0, salt: view.salt), header.sequence == sequence,
                header.frameLength <= count - offset
            else { throw damage(self.offset(window.lowerBound) + offset, sequence, "there is no record where one must be") }
            found.append(Frame(header: header, offset: offset))
            offset += header.frameLength
            sequence += 1
        }
        return found
    }

    /// The frames of a window, each whole and the one that must stand there.
    private func frames(_ window: Range<Int>, _ count: Int, _ buffer: [UInt8]) throws(LogError) -> [Frame] {
        var frames: [Frame] = []
        frames.reserveCapacity(window.count * Int(SparseIndex.stride))
        var sequence = view.index.first + UInt64(window.lowerBound) * SparseIndex.stride
        var offset = 0
        while offset < count {
            guard let header = unsafe FrameHeader(buffer.span.bytes, at: offset, salt: view.salt), header.sequence == sequence,
                header.frameLength <= count - offset
            else { throw damage(self.offset(window.lowerBound) + offset, sequence, "there is no record where one must be") }
            frames.append(Frame(header: header, offset: offset))
            offset += header.frameLength
            sequence += 1
        }
        return frames
    }

    private func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws(LogError) {
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: max(count, Self.windowBytes)) }
        let result = unsafe buffer.withUnsafeMutableBytes { target in
            Result { () throws(IOError) in
                try unsafe view.file.read(into: UnsafeMutableRawBufferPointer(rebasing: target[..<count]), at: offset)
            }
        }
        let done = try files { () throws(IOError) in try result.get() }
        guard done == count else { throw damage(offset + done, view.index.first, "the segment ends before its last record") }
    }

    private func damage(_ offset: Int, _ sequence: UInt64, _ what: String) -> LogError {
        .damaged(view.file.path, offset: offset, sequence: sequence, what)
    }
}

extension [UInt32] {
    /// How many elements of a sorted array are below `value`.
    func partition(below value: UInt32) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

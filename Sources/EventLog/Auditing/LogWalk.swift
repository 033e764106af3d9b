import IO

/// Reads the log of a stopped hub from its first record to its last, checking each frame, and changes nothing.
package struct LogWalk: Sendable {
    /// Where a record stands.
    package struct Place: Sendable, Hashable {
        package let sequence: UInt64
        package let path: String
        package let offset: Int
        /// Where what stands there ends; `offset` where that is not known.
        let end: Int

        package init(sequence: UInt64, path: String, offset: Int, end: Int? = nil) {
            self.sequence = sequence
            self.path = path
            self.offset = offset
            self.end = end ?? offset
        }
    }

    /// What stands where a record had to be.
    package struct Fault: Sendable {
        package let place: Place
        package let what: String
    }

    /// The first record that is kept; 1 in a log that is empty.
    package private(set) var first: UInt64 = 1
    /// The record after the last one that could be read.
    package private(set) var next: UInt64 = 1
    package private(set) var segments = 0
    /// Bytes of the segments that were read.
    package private(set) var bytes = 0
    /// The first thing that is wrong with the files; what comes after it was not read.
    package private(set) var fault: Fault?
    /// Frames whose header or padding is other than the hub writes it, though its checksums fit; the first hundred.
    package private(set) var irregular: [Fault] = []
    /// The next start cuts these bytes off: a crash left them, and nobody was told of them.
    package private(set) var tornBytes = 0
    /// The last record at the last orderly end; 0 where that is not known.
    package private(set) var closed: UInt64 = 0
    /// A hub went on from that end, and has not come to another one.
    package private(set) var isInUse = false

    /// - Parameters:
    ///   - knownDurable: a record that is known to have been on disk.
    ///   - isPart: the folder has the end of a log only.
    ///   - each: called with every record. What it throws ends the walk.
    package init(directory: String, knownDurable: UInt64, isPart: Bool = false, _ each: (Record, Place) throws -> Void) throws {
        let firsts = try SegmentName.list(directory)
        if let mark = try ClosedMark.state(directory) { (closed, isInUse) = mark }
        first = firsts.first ?? 1
        next = first
        let kept = try ForgottenMark.first(directory)
        if !isPart, first > kept {
            fault = Fault(
                place: Place(sequence: kept, path: SegmentName.path(directory, kept), offset: 0),
                what: "records \(kept) to \(first - 1) are missing: a segment file is gone, and was not archived")
            return
        }
        for (slot, start) in firsts.enumerated() {
            let path = SegmentName.path(directory, start)
            guard start == next else {
                fault = Fault(
                    place: Place(sequence: next, path: path, offset: 0),
                    what: start > next ? "records \(next) to \(start - 1) are missing before it" : "it has records that the segment before has too")
                return
            }
            do throws(LogError) {
                let (file, header) = try Segment.openFile(directory, first: start)
                let end: Int
                if slot + 1 == firsts.count, let tail = try Self.tail(file, header, floor: max(start - 1, closed, knownDurable)) {
                    end = tail.index.end
                    tornBytes = tail.torn?.bytes ?? 0
                } else {
                    end = try files { () throws(IOError) in try file.size() }
                }
                try read(file, header, end: end, each)
            } catch {
                guard error.code == .damaged else { throw error }
                fault = fault ?? Fault(place: Place(sequence: next, path: path, offset: 0), what: error.message)
            }
            if fault != nil { return }
            segments += 1
        }
        let floor = max(closed, knownDurable)
        if floor >= next {
            let path = firsts.last.map { SegmentName.path(directory, $0) } ?? directory
            fault = Fault(place: Place(sequence: next, path: path, offset: 0), what: "the log ends before it, but record \(floor) was on disk once")
        }
    }

    /// What a start would make of the last segment; nil where it would refuse it as damaged, and reading it says where.
    private static func tail(_ file: File, _ header: SegmentHeader, floor: UInt64) throws(LogError) -> Tail? {
        do throws(LogError) { return try Tail(file, header, floor: floor) } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    private mutating func read(
        _ file: File, _ header: SegmentHeader, end: Int, _ each: (Record, Place) throws -> Void
    ) throws(LogError) {
        var scanner = FrameScanner(file, from: SegmentHeader.size, sequence: header.first, end: end, salt: header.salt, chunk: 1 << 20)
        var rules = FrameRules()
        while true {
            var place = Place(sequence: scanner.sequence, path: file.path, offset: scanner.offset)
            switch try files({ () throws(IOError) in try scanner.peek() }) {
            case .frame(let frame):
                place = Place(sequence: place.sequence, path: place.path, offset: place.offset, end: place.offset + frame.frameLength)
                if let what = rules.take(frame, hasOnlyZerosBeside: scanner.hasOnlyZerosBeside(frame)), irregular.count < 100 {
                    irregular.append(Fault(place: place, what: what))
                }
                do { try each(scanner.record(frame), place) } catch {
                    throw LogError(.replay, "record \(place.sequence), byte \(place.offset) of \(place.path): \(error)")
                }
                scanner.advance(past: frame)
                next = scanner.sequence
            case .end:
                bytes += scanner.offset
                endSegment(rules, place)
                return
            case .invalid(let what):
                if try files({ () throws(IOError) in try file.isZero(from: scanner.offset, to: end) }) {
                    bytes += scanner.offset
                    endSegment(rules, place)
                    return
                }
                fault = Fault(place: place, what: what)
                return
            }
        }
    }
    private mutating func endSegment(_ rules: FrameRules, _ place: Place) {
        if let what = rules.end() { irregular.append(Fault(place: place, what: what)) }
    }
}

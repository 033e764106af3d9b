import IO

/// What is intact in a segment and what is not. Unlike recovery, a survey goes on behind damage.
struct SegmentSurvey {
    /// Bytes that hold no intact record where records were once on disk.
    struct Gap {
        let offset: Int
        /// The first record that is lost.
        let sequence: UInt64
        let what: String
        /// The next intact record; nil when none follows in this segment.
        let next: (offset: Int, sequence: UInt64)?
        /// The time of the record before.
        let time: Int64
    }

    let file: File
    /// The header as it is, or as it must have been.
    let header: SegmentHeader
    var headerIsDamaged: Bool
    let size: Int
    private(set) var gaps: [Gap] = []
    /// Intact records that are not `lost` ones.
    private(set) var records = 0
    private(set) var lost = 0
    /// The sequence that comes after the last intact record, and where that record ends.
    private(set) var next: UInt64
    private(set) var end = SegmentHeader.size
    /// A later start cuts off what comes after `end`: a crash left it incomplete.
    private(set) var isTorn = false
    /// The greatest sequence of which an intact header in a gap says that it was on disk.
    private(set) var claimed: UInt64 = 0

    /// - Parameter floor: a sequence that is known to have been on disk; for a segment with a successor, the last one before that.
    init(
        _ file: File, _ header: SegmentHeader, headerIsDamaged: Bool, isLast: Bool, floor: UInt64
    ) throws(IOError) {
        self.file = file
        self.header = header
        self.headerIsDamaged = headerIsDamaged
        size = try file.size()
        next = header.first
        var time: Int64 = 0
        var scanner = FrameScanner(file, from: end, sequence: next, end: size, salt: header.salt)
        while true {
            switch try scanner.peek() {
            case .frame(let frame):
                if frame.kind == .lost { lost += 1 } else { records += 1 }
                time = frame.time
                scanner.advance(past: frame)
                end = scanner.offset
                next = scanner.sequence
            case .end:
                return
            case .invalid(let what):
                if floor < scanner.sequence, try file.isZero(from: scanner.offset, to: size) { return }
                if isLast, floor < scanner.sequence, try !wasDurable(scanner) {
                    isTorn = true
                    return
                }
                let found = try intactFrame(behind: scanner)
                gaps.append(Gap(offset: scanner.offset, sequence: scanner.sequence, what: what, next: found, time: time))
                guard let found else {
                    claimed = try greatestClaim(from: scanner.offset)
                    return
                }
                scanner = FrameScanner(file, from: found.offset, sequence: found.sequence, end: size, salt: header.salt)
            }
        }
    }

    private func wasDurable(_ scanner: FrameScanner) throws(IOError) -> Bool {
        try Evidence.find(
            in: file, after: scanner.offset, to: size, salt: header.salt, thatDurable: scanner.sequence) != nil
    }

    /// The next frame that is intact as a whole, and far enough away for the lost ones before it.
    private func intactFrame(behind scanner: FrameScanner) throws(IOError) -> (offset: Int, sequence: UInt64)? {
        let start = scanner.offset + FrameHeader.alignment
        let found = try Evidence.firstHeader(in: file, from: start, to: size, salt: header.salt) {
            (offset, frame) throws(IOError) in
            guard frame.sequence > scanner.sequence,
                frame.sequence - scanner.sequence <= UInt64((offset - scanner.offset) / FrameHeader.size)
            else { return false }
            var candidate = FrameScanner(file, from: offset, sequence: frame.sequence, end: size, salt: header.salt)
            if case .frame = try candidate.peek() { return true }
            return false
        }
        return found.map { ($0.offset, $0.header.sequence) }
    }

    private func greatestClaim(from offset: Int) throws(IOError) -> UInt64 {
        var greatest: UInt64 = 0
        _ = try Evidence.firstHeader(in: file, from: offset, to: size, salt: header.salt) { _, frame in
            greatest = max(greatest, frame.durable)
            return false
        }
        return greatest
    }
}

import IO

/// What the last segment holds, and what of it a crash left incomplete.
struct Tail {
    /// The records that stay: whole transactions only.
    let index: SparseIndex
    /// The greatest sequence that a frame says was on disk before it.
    let claimed: UInt64
    /// Bytes after the last record that stays and that are not zero; they go.
    let torn: Torn?

    struct Torn: Equatable {
        let bytes: Int
        let why: String
    }

    /// Reads the last segment. A frame that is not intact is taken for the torn end of a crash only when nothing says that it was on disk:
    /// no later frame of the segment, and not `floor`. Otherwise this throws `damaged`.
    /// - Parameter floor: a sequence that is known to have been on disk.
    init(_ file: File, _ header: SegmentHeader, floor: UInt64) throws(LogError) {
        let size = try files { () throws(IOError) in try file.size() }
        var index = SparseIndex(first: header.first)
        var claimed: UInt64 = 0
        var transaction: [FrameHeader] = []
        var scanner = FrameScanner(file, from: SegmentHeader.size, sequence: header.first, end: size, salt: header.salt)
        var fault: String?
        scan: while true {
            switch try files({ () throws(IOError) in try scanner.peek() }) {
            case .frame(let frame):
                claimed = max(claimed, frame.durable)
                transaction.append(frame)
                if frame.remaining == 0 {
                    for frame in transaction { index.append(frame) }
                    transaction.removeAll(keepingCapacity: true)
                }
                scanner.advance(past: frame)
            case .end:
                break scan
            case .invalid(let what):
                fault = what
                break scan
            }
        }
        if let fault {
            try Self.refuseDamage(file, header, at: scanner.offset, scanner.sequence, size: size, floor: floor, fault)
        }
        if index.last < floor {
            throw .damaged(
                file.path, offset: index.end, sequence: index.last &+ 1,
                "the log ends here, but record \(floor) was on disk once")
        }
        let contentEnd = try files { () throws(IOError) in try file.contentEnd(from: index.end, to: size) }
        self.index = index
        self.claimed = claimed
        if contentEnd > index.end {
            let why = transaction.isEmpty ? fault ?? "" : "a transaction is not complete"
            torn = Torn(bytes: contentEnd - index.end, why: why)
        } else {
            torn = nil
        }
    }

    private static func refuseDamage(
        _ file: File, _ header: SegmentHeader, at offset: Int, _ sequence: UInt64, size: Int, floor: UInt64, _ what: String
    ) throws(LogError) {
        if floor >= sequence {
            throw .damaged(file.path, offset: offset, sequence: sequence, what)
        }
        let proof = try files { () throws(IOError) in
            try Evidence.find(in: file, after: offset, to: size, salt: header.salt, thatDurable: sequence)
        }
        if let proof {
            throw .damaged(
                file.path, offset: offset, sequence: sequence,
                "\(what), though it was on disk once, as record \(proof.header.sequence) at byte \(proof.offset) says")
        }
    }
}

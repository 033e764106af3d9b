import IO

/// Makes a damaged log usable again. What damage took stays lost, and each record that is gone has a `lost` one in its place,
/// so that sequence numbers keep their meaning. Damaged files are copied to the folder `damaged` before they are changed.
package struct LogRepair {
    /// Beyond this many records in one place a file's name is more likely wrong than so much lost.
    static let maxLost: UInt64 = 10_000_000

    private let directory: String
    private var done: [String] = []

    /// Repairs the log in `directory`, which no process may have open.
    /// - Parameter knownDurable: a sequence that is known to have been on disk, such as a snapshot's.
    /// - Returns: what was done, a sentence each; empty when nothing was damaged.
    package static func run(directory: String, knownDurable: UInt64 = 0) throws(LogError) -> [String] {
        var repair = LogRepair(directory: directory)
        try repair.run(knownDurable)
        return repair.done
    }

    private init(directory: String) {
        self.directory = directory
    }

    private mutating func run(_ knownDurable: UInt64) throws(LogError) {
        let survey = try LogSurvey(directory, floor: knownDurable)
        for (slot, segment) in survey.segments.enumerated() {
            let successor = slot + 1 < survey.segments.count ? survey.segments[slot + 1].header.first : nil
            // The sequence that has to come after this segment's last record.
            let due = successor ?? max(survey.floor, segment.claimed) &+ 1
            if let successor, segment.gaps.isEmpty, segment.next > successor {
                throw LogError(
                    .damaged, "\(segment.file.path) and the segment after it both have record \(successor): restore one of them from a backup")
            }
            let fillsEnd = segment.next < due && (successor != nil || !segment.isTorn)
            if segment.headerIsDamaged || !segment.gaps.isEmpty || fillsEnd { try repair(segment, due: due) }
        }
    }

    private mutating func repair(_ segment: SegmentSurvey, due: UInt64) throws(LogError) {
        let path = segment.file.path
        let copy = try files { () throws(IOError) in try keepCopy(of: segment.file) }
        done.append("copied \(path) to \(copy)")
        let file = try files { () throws(IOError) in try File(path, [.read, .write]) }
        if segment.headerIsDamaged {
            try files { () throws(IOError) in try file.write(segment.header.encoded, at: 0) }
            done.append("wrote the header of \(path) again")
        }
        for gap in segment.gaps {
            if let next = gap.next {
                let lost = LostRecords(
                    first: gap.sequence, count: next.sequence - gap.sequence, time: gap.time, salt: segment.header.salt)
                try fill(file, at: gap.offset, length: next.offset - gap.offset, with: lost)
            }
        }
        let time = segment.gaps.last?.time ?? 0
        try finish(file, at: segment.end, next: segment.next, due: due, time: time, salt: segment.header.salt)
        try files { () throws(IOError) in
            try file.sync()
            try Files.unlinkIfPresent(SegmentName.indexPath(directory, segment.header.first))
            try Files.unlinkIfPresent(SegmentName.termsPath(directory, segment.header.first))
            try Files.syncDirectory(directory)
        }
    }

    /// Cuts off what follows the last intact record and puts lost records there up to the one that has to come next.
    private mutating func finish(
        _ file: File, at end: Int, next: UInt64, due: UInt64, time: Int64, salt: UInt32
    ) throws(LogError) {
        let size = try files { () throws(IOError) in try file.size() }
        if size > end {
            try files { () throws(IOError) in try file.truncate(to: end) }
            done.append("cut off \(size - end) bytes at byte \(end) of \(file.path), behind its last intact record")
        }
        guard next < due else { return }
        guard due - next <= Self.maxLost else {
            throw LogError(.damaged, "\(due - next) records are missing after record \(next &- 1) in \(file.path): restore them from a backup")
        }
        let lost = LostRecords(first: next, count: due - next, time: time, salt: salt)
        try fill(file, at: end, length: Int(due - next) * FrameHeader.size, with: lost)
    }

    private mutating func fill(_ file: File, at offset: Int, length: Int, with lost: LostRecords) throws(LogError) {
        guard let frames = lost.frames(filling: length) else {
            throw .damaged(file.path, offset: offset, sequence: lost.first, "\(lost.count) lost records do not fit into \(length) bytes")
        }
        try files { () throws(IOError) in try file.write(frames, at: offset) }
        let last = lost.first &+ (lost.count &- 1)
        done.append(
            "marked \(lost.count == 1 ? "record \(last)" : "records \(lost.first) to \(last)") as lost at byte \(offset) of \(file.path)")
    }

    /// A durable copy of a file under a name that is free.
    private func keepCopy(of file: File) throws(IOError) -> String {
        let folder = directory + "/damaged"
        try Files.makeDirectories(folder)
        let name = file.path.split(separator: "/").last.map(String.init) ?? "segment"
        var path = "\(folder)/\(name)"
        var number = 1
        while try Files.exists(path) {
            number += 1
            path = "\(folder)/\(name).\(number)"
        }
        let copy = try File(path, [.write, .create, .exclusive])
        var offset = 0
        while true {
            let bytes = try file.read(count: 1 << 20, at: offset)
            if bytes.isEmpty { break }
            try copy.write(bytes, at: offset)
            offset += bytes.count
        }
        try copy.sync()
        try Files.syncDirectory(folder)
        return path
    }
}

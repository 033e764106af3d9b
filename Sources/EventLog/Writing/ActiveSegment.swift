import IO

/// The segment that is appended to. Only the writer's thread has one.
struct ActiveSegment {
    let file: File
    let header: SegmentHeader
    /// Where the next frame goes.
    private(set) var end: Int
    /// From `end` to here the file holds zeros that are written ahead: syncing data into them takes half as long as extending the file.
    private(set) var zeroedEnd: Int
    /// Writing ahead failed: it is not tried again in this segment.
    private var hasNoSpaceAhead = false

    init(file: File, header: SegmentHeader, end: Int, zeroedEnd: Int) {
        self.file = file
        self.header = header
        self.end = end
        self.zeroedEnd = max(end, zeroedEnd)
    }

    /// A new, empty segment under its final name, durable with its directory entry before this returns.
    /// It gets that name only when its header is on disk, so a segment without a header is always damage.
    static func create(_ options: EventLog.Options, _ header: SegmentHeader) throws(IOError) -> ActiveSegment {
        let path = SegmentName.path(options.directory, header.first)
        let zeros = min(options.preallocateBytes, options.segmentBytes)
        let temporary = path + ".tmp"
        var zeroedEnd = SegmentHeader.size
        do throws(IOError) {
            let file = try File(temporary, [.write, .create, .truncate], mode: options.fileMode)
            try file.write(header.encoded, at: 0)
            if zeros > 0, (try? file.writeZeros(from: SegmentHeader.size, to: zeros)) != nil { zeroedEnd = zeros }
            try file.sync()
            try Files.rename(temporary, to: path)
        } catch {
            _ = try? Files.unlinkIfPresent(temporary)
            throw error
        }
        try Files.syncDirectory(options.directory)
        let file = try File(path, [.read, .write])
        return ActiveSegment(file: file, header: header, end: SegmentHeader.size, zeroedEnd: zeroedEnd)
    }

    /// Appends bytes; they are on disk after the next `sync`.
    mutating func append(_ bytes: [UInt8]) throws(IOError) {
        try file.write(bytes, at: end)
        end += bytes.count
        zeroedEnd = max(zeroedEnd, end)
    }

    func sync() throws(IOError) {
        try file.syncData()
    }

    /// Writes zeros ahead when less than half a step of them is left.
    /// - Returns: why not, when it did not work. The next records may fit all the same.
    mutating func writeZerosAhead(step: Int, limit: Int) -> IOError? {
        if hasNoSpaceAhead || zeroedEnd - end >= step / 2 || zeroedEnd >= limit { return nil }
        let target = min(limit, zeroedEnd + step)
        do throws(IOError) {
            try file.writeZeros(from: zeroedEnd, to: target)
            zeroedEnd = target
            return nil
        } catch {
            hasNoSpaceAhead = true
            return error
        }
    }

    /// Cuts off the zeros that are left. Not synced: zeros that come back after a crash are read as the end, too.
    func trim() throws(IOError) {
        try file.truncate(to: end)
    }
}

import IO

/// A sealed segment's index in a file beside it. It is derived: when it is missing or does not fit, it is made again from the segment.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | "SBXIDX\r\n" |
/// | 8 | 4 | CRC-32C of everything from byte 12 |
/// | 12 | 4 | format version, 1 |
/// | 16 | 8 | first sequence |
/// | 24 | 8 | number of records |
/// | 32 | 8 | where the last record ends |
/// | 40 | 8 | the greatest time of a record |
/// | 48 | 8 each | offsets of every 16th record |
extension SparseIndex {
    private static let magic: UInt64 = 0x0A0D_5844_4958_4253
    private static let version: UInt32 = 1
    private static let fixedSize = 48

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.fixedSize + offsets.count * 8)
        bytes.append(number: Self.magic)
        bytes.append(number: UInt32(0))
        bytes.append(number: Self.version)
        bytes.append(number: first)
        bytes.append(number: count)
        bytes.append(number: UInt64(end))
        bytes.append(number: latest)
        for offset in offsets { bytes.append(number: offset) }
        unsafe bytes.set(number: CRC32C.checksum(bytes.span.bytes, 12..<bytes.count), at: 8)
        return bytes
    }

    init?(encoded array: [UInt8], first: UInt64) {
        let bytes = unsafe array.span.bytes
        guard bytes.byteCount >= Self.fixedSize, bytes.byteCount % 8 == 0,
            bytes.number(at: 0) == Self.magic,
            bytes.number(at: 8) == CRC32C.checksum(bytes, 12..<bytes.byteCount),
            bytes.number(at: 12) == Self.version,
            bytes.number(at: 16) == first
        else { return nil }
        self.first = first
        count = bytes.number(at: 24)
        end = Int(clamping: bytes.number(at: 32, as: UInt64.self))
        latest = bytes.number(at: 40)
        let slots = (bytes.byteCount - Self.fixedSize) / 8
        guard UInt64(slots) == count / Self.stride + (count % Self.stride == 0 ? 0 : 1) else { return nil }
        offsets = (0..<slots).map { bytes.number(at: Self.fixedSize + $0 * 8) }
    }

    /// The index beside a segment, or nil when there is none that can be used.
    static func load(_ directory: String, first: UInt64) -> SparseIndex? {
        guard let bytes = try? Files.read(SegmentName.indexPath(directory, first), limit: 256 << 20) else { return nil }
        return SparseIndex(encoded: bytes, first: first)
    }

    /// Whether the last records are where the index says and end where the segment does. One of a segment that was written again says other places.
    func leads(in file: File, _ salt: UInt32, to size: Int) throws(IOError) -> Bool {
        guard end <= size else { return false }
        var offset = SegmentHeader.size
        if count > 0 {
            guard var place = position(atOrBefore: last) else { return false }
            while place.sequence <= last {
                let bytes = try file.read(count: FrameHeader.size, at: place.offset)
                guard let frame = unsafe FrameHeader(bytes.span.bytes, at: 0, salt: salt), frame.sequence == place.sequence else { return false }
                place = (place.sequence + 1, place.offset + frame.frameLength)
            }
            offset = place.offset
        }
        guard offset == end else { return false }
        // Trimming is not synced, so zeros written ahead may still follow; a record may not.
        return try file.isZero(from: end, to: min(size, end + FrameHeader.size))
    }

    /// Writes the index beside its segment. Losing it costs time and not data, so a failure is only said.
    func save(_ directory: String) {
        let path = SegmentName.indexPath(directory, first)
        do throws(IOError) {
            let temporary = path + ".tmp"
            try Files.unlinkIfPresent(temporary)
            // Who may not read the one may not read the other.
            let mode = try Files.info(SegmentName.path(directory, first))?.mode ?? 0o644
            try File(temporary, [.write, .create, .exclusive], mode: mode).write(encoded, at: 0)
            try Files.rename(temporary, to: path)
        } catch {
            Diagnostics.warning("an index of the log was not saved and will be made again when needed: \(error)")
        }
    }
}

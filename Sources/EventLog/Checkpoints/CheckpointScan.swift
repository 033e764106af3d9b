import IO

/// What one file of checkpoints holds.
struct CheckpointScan {
    let path: String
    /// The number in the file's name.
    let first: UInt64
    private(set) var entries: [CheckpointStore.Entry] = []
    /// The number that comes next.
    private(set) var next: UInt64
    /// Where the last entry ends.
    private(set) var end = 0
    /// Why what follows is no entry, where a crash may have left it so.
    private(set) var torn: String?
    /// The file just ends too early, as a crash leaves it: no byte is other than it was written.
    private(set) var isCut = false

    private static let limit = 64 << 20

    init(path: String, first: UInt64) {
        self.path = path
        self.first = first
        next = first
    }

    /// - Parameter isLast: only the last file can have a torn end.
    static func read(_ directory: String, _ name: String, isLast: Bool) throws(LogError) -> CheckpointScan {
        let path = directory + "/" + name
        guard let first = UInt64(name.prefix(SegmentName.digits)), first > 0 else {
            throw LogError(.damaged, "\(path) does not have the name of a file of checkpoints")
        }
        let bytes = try files { () throws(IOError) in try Files.read(path, limit: limit) ?? [] }
        var scan = CheckpointScan(path: path, first: first)
        while scan.end < bytes.count {
            let fault = scan.take(bytes)
            guard let fault else { continue }
            // What was synced is complete; an entry that is not can only be the one a crash interrupted, and nothing follows it.
            guard isLast, fault.isLastEntry else {
                throw LogError(.damaged, "checkpoint \(scan.next) is damaged, byte \(scan.end) of \(path): \(fault.what)")
            }
            scan.torn = fault.what
            scan.isCut = fault.isCut || bytes[scan.end...].allSatisfy { $0 == 0 }
            break
        }
        return scan
    }

    private mutating func take(_ bytes: [UInt8]) -> (what: String, isLastEntry: Bool, isCut: Bool)? {
        let rest = bytes[end...]
        let marker = Array("\ncheckpoint ".utf8)
        func fault(_ what: String, isCut: Bool = false) -> (what: String, isLastEntry: Bool, isCut: Bool) {
            (what, !Self.contains(rest.dropFirst(), marker), isCut)
        }
        guard let lineEnd = rest.firstIndex(of: 0x0A) else { return fault("its first line is not whole", isCut: "checkpoint ".utf8.starts(with: rest.prefix(11))) }
        let words = String(decoding: rest[..<lineEnd], as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == "checkpoint", let number = Checkpoint.number(words[1]),
            let length = Checkpoint.number(words[2]).flatMap({ Int(exactly: $0) }), length <= SignedNote.maxBytes,
            let checksum = UInt32(words[3])
        else { return fault("its first line is not one of an entry") }
        guard number == next else { return ("it is checkpoint \(number) instead", false, false) }
        let start = lineEnd + 1
        guard bytes.count - start >= length else { return fault("it is not whole", isCut: true) }
        let content = Array(bytes[start..<start + length])
        guard unsafe CRC32C.checksum(content.span.bytes, 0..<content.count) == checksum else {
            return fault("its checksum does not fit its bytes")
        }
        do throws(NoteError) {
            entries.append(CheckpointStore.Entry(number: number, note: try SignedNote(parsing: content), path: path, offset: end))
        } catch {
            return (error.description, false, false)
        }
        next = number + 1
        end = start + length
        return nil
    }

    private static func contains(_ bytes: ArraySlice<UInt8>, _ part: [UInt8]) -> Bool {
        var place = bytes.startIndex
        while let found = bytes[place...].firstIndex(of: part[0]) {
            if bytes[found...].starts(with: part) { return true }
            place = found + 1
        }
        return false
    }

    static func encode(_ note: SignedNote, number: UInt64) -> [UInt8] {
        let content = note.encoded
        let checksum = unsafe CRC32C.checksum(content.span.bytes, 0..<content.count)
        return Array("checkpoint \(number) \(content.count) \(checksum)\n".utf8) + content
    }
}

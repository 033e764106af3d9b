import IO
import Synchronization

/// Every checkpoint that was signed, for good: files that only grow, 4 MiB each, named by the number of their first entry.
///
/// An entry is a line `checkpoint <number> <bytes> <CRC-32C>`, then the note. Numbers are 1, 2, 3, ... without gaps, so that one that
/// is taken out shows. Its calls block on the disk.
package final class CheckpointStore: Sendable {
    private static let fileBytes = 4 << 20

    package struct Entry: Sendable {
        package let number: UInt64
        package let note: SignedNote
        /// Where its line starts.
        package let path: String
        package let offset: Int
    }

    private struct State {
        var next: UInt64
        var path: String
        var end: Int
        var isBroken = false
    }

    private let directory: String
    // A Mutex: entries are appended one after another, each with its sync.
    private let state: Mutex<State>
    /// The newest checkpoint when the store was opened.
    package let last: SignedNote?

    /// The size of the newest checkpoint when the store was opened: that many records were on disk. 0 where there was none.
    package var lastSize: UInt64 { Self.size(last) }

    /// The same of a folder that stays as it is. Blocks.
    package static func lastSize(in directory: String) throws(LogError) -> UInt64 {
        let names = try files { () throws(IOError) in try Files.exists(directory) ? Self.names(directory) : [] }
        return size(try read(directory, names).last)
    }

    private static func size(_ note: SignedNote?) -> UInt64 { note.flatMap { try? Checkpoint(text: $0.text) }?.size ?? 0 }

    /// The last file, and the newest checkpoint. A crash may have come right after a new file was made, so that that is in the one before.
    private static func read(_ directory: String, _ names: [String]) throws(LogError) -> (scan: CheckpointScan, last: SignedNote?) {
        var scan = CheckpointScan(path: directory + "/" + name(1), first: 1)
        var last: SignedNote?
        for name in names.suffix(2) {
            scan = try CheckpointScan.read(directory, name, isLast: name == names.last)
            last = scan.entries.last?.note ?? last
        }
        return (scan, last)
    }

    /// Opens the store and cuts off an entry that a crash left incomplete.
    package init(_ directory: String) throws(LogError) {
        self.directory = directory
        let names = try files { () throws(IOError) in
            try Files.makeDirectories(directory)
            return try CheckpointStore.names(directory)
        }
        let (scan, last) = try Self.read(directory, names)
        if let torn = scan.torn {
            Diagnostics.warning("cut off the torn end of \(scan.path) at byte \(scan.end): \(torn)")
            let (path, end) = (scan.path, scan.end)
            try files { () throws(IOError) in
                let file = try File(path, .write)
                try file.truncate(to: end)
                try file.sync()
            }
        }
        self.last = last
        state = Mutex(State(next: scan.next, path: scan.path, end: scan.end))
    }

    /// Keeps a checkpoint: it is on disk when this returns. After a failure nothing more is taken until the store is opened again.
    package func append(_ note: SignedNote) throws(LogError) {
        let failure: LogError? = state.withLock { state in
            if state.isBroken { return LogError(.readOnly, "checkpoints cannot be kept since \(state.path) could not be written") }
            do throws(IOError) {
                if state.end >= Self.fileBytes { (state.path, state.end) = (directory + "/" + Self.name(state.next), 0) }
                let entry = CheckpointScan.encode(note, number: state.next)
                let file = try File(state.path, [.write, .create])
                try file.write(entry, at: state.end)
                try file.sync()
                if state.end == 0 { try Files.syncDirectory(directory) }
                state.end += entry.count
                state.next += 1
                return nil
            } catch {
                state.isBroken = true
                return .io(error)
            }
        }
        if let failure { throw failure }
    }

    /// What is wrong with the files.
    package struct Fault: Sendable {
        package let what: String
        /// Only the last entry is not whole, which is what a crash leaves: the next start cuts it off.
        package var isCut = false
    }

    /// All checkpoints in order, read again from disk, with the first thing that is wrong with the files, if anything is.
    package static func all(
        _ directory: String, _ each: (Entry) throws -> Void
    ) throws -> Fault? {
        guard try Files.exists(directory) else { return nil }
        let names = try names(directory)
        var next: UInt64 = 1
        for name in names {
            let scan: CheckpointScan
            do throws(LogError) { scan = try CheckpointScan.read(directory, name, isLast: name == names.last) } catch {
                if error.code == .damaged { return Fault(what: error.message) }
                throw error
            }
            if scan.first != next { return Fault(what: "checkpoint \(next) is missing: \(scan.path) starts with \(scan.first)") }
            for entry in scan.entries { try each(entry) }
            next = scan.next
            if let torn = scan.torn {
                return Fault(what: "checkpoint \(next) at byte \(scan.end) of \(scan.path) is damaged, or a crash cut it off: \(torn)", isCut: scan.isCut)
            }
        }
        return nil
    }

    /// Takes out those of more than `size` records, and all after the first of them, in the folder of a log that was set back. Blocks.
    package static func cut(_ directory: String, to size: UInt64) throws {
        var first: Entry?
        if let fault = try all(directory, { entry in
            if first == nil, try Checkpoint(text: entry.note.text).size > size { first = entry }
        }) { throw LogError(.damaged, fault.what) }
        guard let first else { return }
        for name in try names(directory) where directory + "/" + name > first.path { try Files.unlink(directory + "/" + name) }
        let file = try File(first.path, .write)
        try file.truncate(to: first.offset)
        try file.sync()
        try Files.syncDirectory(directory)
    }

    static func names(_ directory: String) throws(IOError) -> [String] {
        try Files.list(directory).filter { $0.hasSuffix(".notes") && $0.utf8.count == SegmentName.digits + 6 }
    }

    private static func name(_ first: UInt64) -> String { SegmentName.padded(first) + ".notes" }
}

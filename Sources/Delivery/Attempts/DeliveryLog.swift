import EventLog
import IO
import Synchronization

/// The delivery log as it was found at the start.
package struct SavedDeliveries: Sendable {
    package let log: DeliveryLog
    let endpoints: [String: SavedEndpoint]
}

/// What became of deliveries: a log of its own, of attempts that have ended and of what people asked for. Its records are
/// binary (see docs/storage-format.md), and old ones go.
///
/// It must never be in the way. When it cannot be opened or written, attempts go on without being recorded, a warning and
/// a figure say so, and it is opened anew now and then; what is lost is history, and after a crash deliveries repeat.
package final class DeliveryLog: Sendable {
    package struct Options: Sendable {
        package var directory: String
        /// Of all segments together, about.
        package var maxBytes = 1 << 30
        /// Milliseconds.
        package var maxAge: Int64 = 30 * 86_400_000

        package init(directory: String) { self.directory = directory }
    }

    let options: Options
    let snapshots: SnapshotStore
    let links: AttemptLinks
    // A Mutex: the log is replaced when it has to be opened anew.
    private let current: Mutex<(log: EventLog?, epoch: Epoch)>
    private let lost: Lost
    /// Told of every record what became of it.
    private let written: @Sendable (Result<Void, LogError>) -> Void

    private final class Lost: Sendable {
        let count = Atomic<UInt64>(0)

        func add() { count.wrappingAdd(1, ordering: .relaxed) }
    }

    /// The log as it was opened for the n-th time, and where it ended then: what was given a number behind that was not written.
    struct Epoch: Sendable {
        var number = 0
        var end: UInt64 = 0
    }

    var epoch: Epoch { current.withLock { $0.epoch } }

    /// Attempts that were made and not recorded.
    package var unrecorded: UInt64 { lost.count.load(ordering: .relaxed) }

    var log: EventLog? { current.withLock { $0.log } }

    /// Opens it, and says how far each webhook has got. Blocks.
    package static func open(_ options: Options) -> SavedDeliveries {
        closeToOthers(options.directory)
        let snapshots = snapshots(options.directory)
        let saved = snapshots.newest(name: snapshotName)
        let endpoints = saved.flatMap { SavedEndpoint.decode($0.bytes) }
        if saved != nil, endpoints == nil { Diagnostics.warning("the deliveries' snapshot is of another version and is passed over") }
        let links = AttemptLinks(directory: options.directory + "/links")
        var fold = endpoints ?? [:]
        let after = endpoints == nil ? 0 : saved?.sequence ?? 0
        do throws(LogError) {
            let log = try openLog(options, after: after) { record in
                Self.fold(record, into: &fold)
                if case .attempt(let attempt)? = DeliveryRecord(record.body), attempt.previous != 0 {
                    links.add(from: attempt.previous, to: record.sequence)
                }
            }
            return SavedDeliveries(log: DeliveryLog(options, snapshots, links, log), endpoints: fold)
        } catch {
            Diagnostics.warning("the log of deliveries cannot be used: \(error)")
            // What cannot be read at the moment is not damaged: it stays where it is, and is opened later.
            let log = error.code == .io ? nil : startAnew(options)
            if log == nil { Diagnostics.warning("deliveries are made without being recorded") }
            // What it said about the time after the snapshot is lost: those deliveries are made again.
            return SavedDeliveries(
                log: DeliveryLog(options, snapshots, links, log), endpoints: (endpoints ?? [:]).mapValues { $0.forgettingRecords })
        }
    }

    private init(_ options: Options, _ snapshots: SnapshotStore, _ links: AttemptLinks, _ log: EventLog?) {
        self.options = options
        self.snapshots = snapshots
        self.links = links
        current = Mutex((log, Epoch()))
        let lost = Lost()
        self.lost = lost
        written = { if case .failure = $0 { lost.add() } }
    }

    static let snapshotName = "state"

    static func snapshots(_ directory: String) -> SnapshotStore { SnapshotStore(directory: directory, fileMode: fileMode) }

    /// What receivers answer is nobody else's business.
    private static let fileMode: UInt32 = 0o600

    private static func openLog(
        _ options: Options, after: UInt64, _ replay: (Record) -> Void
    ) throws(LogError) -> EventLog {
        var log = EventLog.Options(directory: options.directory + "/log")
        log.segmentBytes = min(max(options.maxBytes / 8, 1 << 20), 16 << 20)
        log.preallocateBytes = min(log.segmentBytes, 1 << 20)
        log.maxPendingBytes = 16 << 20
        log.maxRecordBytes = 64 << 10
        log.verifyBytes = 4 << 20
        log.syncDelay = 1000
        log.mayForgetOldest = true
        log.fileMode = fileMode
        closeToOthers(log.directory)
        return try EventLog.open(log, replayAfter: after) { replay($0) }
    }

    /// Files of earlier versions may be read by everybody.
    private static func closeToOthers(_ directory: String) {
        do throws(IOError) {
            guard try Files.exists(directory) else { return }
            for name in try Files.list(directory) where [".log", ".idx", ".snapshot"].contains(where: { name.hasSuffix($0) }) {
                let path = "\(directory)/\(name)"
                if let info = try Files.info(path), info.mode & 0o077 != 0 { try Files.setMode(path, fileMode) }
            }
        } catch {
            Diagnostics.warning("others may be able to read what receivers answered: \(error)")
        }
    }

    /// Moves a log that cannot be used aside and begins a new one; nil where that does not work either.
    private static func startAnew(_ options: Options) -> EventLog? {
        let path = options.directory + "/log"
        do {
            let aside = "\(path).damaged-\(Wall.milliseconds)"
            if try Files.exists(path) { try Files.rename(path, to: aside) }
            Diagnostics.warning("a new log of deliveries is begun; the old one is in \(aside)")
            return try openLog(options, after: 0) { _ in }
        } catch {
            Diagnostics.warning("a new log of deliveries cannot be begun: \(error)")
            return nil
        }
    }

    private static func fold(_ record: Record, into endpoints: inout [String: SavedEndpoint]) {
        // One that cannot be read, such as one of a later version or a lost one, tells nothing.
        guard let entry = DeliveryRecord(record.body) else { return }
        // A webhook whose first snapshot is still to come began where its own record is: the caller knows.
        endpoints[entry.webhook, default: SavedEndpoint(position: 0)].apply(entry, number: record.sequence)
    }

    // MARK: Writing

    /// Appends a record, without waiting for the disk; answers its number. Nil where it could not be recorded.
    func append(_ record: DeliveryRecord, response: [UInt8] = []) -> UInt64? {
        guard let log else {
            lost.add()
            return nil
        }
        do {
            return try log.commit({ transaction in
                transaction.append(attachment: response) { _, out in record.encode(into: &out) }
            }, whenDurable: written)
        } catch {
            lost.add()
            return nil
        }
    }

    /// Returns when everything up to now is on disk.
    func sync() async throws(LogError) {
        guard let log else { throw LogError(.closed, "there is no log of deliveries at the moment") }
        let result: Result<Void, LogError> = await withCheckedContinuation { continuation in
            log.sync { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    /// Why nothing is recorded; nil while it is.
    package var problem: String? {
        guard let log else { return "the log of deliveries cannot be opened" }
        if case .readOnly(let error) = log.status { return error.description }
        return nil
    }

    /// Tries to open a log that failed. Blocks.
    func reopen() {
        guard problem != nil else { return }
        log?.close()
        guard let log = try? Self.openLog(options, after: 0, { _ in }) else { return }
        current.withLock { $0 = (log, Epoch(number: $0.epoch.number + 1, end: log.durableSequence)) }
        Diagnostics.info("the log of deliveries is written again")
    }

    /// Blocks.
    func close() { log?.close() }
}

extension SavedEndpoint {
    /// Without references to records of a log that is no more.
    var forgettingRecords: SavedEndpoint {
        var copy = self
        copy.last = 0
        copy.failed = nil
        copy.open = open.mapValues { delivery in
            var delivery = delivery
            delivery.first = 0
            delivery.last = 0
            return delivery
        }
        return copy
    }
}

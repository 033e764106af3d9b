import Synchronization

/// How far the dispatcher is: what endpoints go by that want to get their records from it.
///
/// The dispatcher claims a stretch of the log, then offers its records to whoever is live, then says that it is done. So an
/// endpoint that has itself read everything claimed so far may become live and misses nothing: what is claimed later is
/// offered to it. Both sides go through the endpoint's lock.
final class Feed: Sendable {
    private let claimedThrough: Atomic<UInt64>
    private let doneThrough: Atomic<UInt64>
    /// Which version of the table of webhooks the dispatcher matches with.
    private let tableVersion = Atomic<UInt64>(0)

    init(at sequence: UInt64) {
        claimedThrough = Atomic(sequence)
        doneThrough = Atomic(sequence)
    }

    /// Before anybody goes by it.
    func start(at sequence: UInt64) {
        claim(through: sequence)
        finish(through: sequence)
    }

    var claimed: UInt64 { claimedThrough.load(ordering: .acquiring) }
    var done: UInt64 { doneThrough.load(ordering: .acquiring) }
    var version: UInt64 { tableVersion.load(ordering: .acquiring) }

    func claim(through sequence: UInt64) { claimedThrough.store(sequence, ordering: .releasing) }
    func finish(through sequence: UInt64) { doneThrough.store(sequence, ordering: .releasing) }
    func publish(version: UInt64) { tableVersion.store(version, ordering: .releasing) }
}

import EventLog
import IO
import Registry

/// What is done now and then beside requests: snapshots, so that a start need not replay everything, and the end of
/// uploads that nobody goes on with.
struct Maintenance: Sendable {
    let services: Services
    let snapshots: SnapshotStore

    private static let interval = Duration.seconds(5)
    /// How many records a start replays at the most, about.
    private static let recordsBetweenSnapshots: UInt64 = 50_000
    private static let turnsBetweenSweeps = 60

    func run() async {
        var saved = services.log.durableSequence
        var turn = 0
        while true {
            do { try await Task.sleep(for: Self.interval) } catch { return }
            turn += 1
            await services.blobs.probe()
            await services.journal.recordCounted(now: Wall.milliseconds)
            if turn % Self.turnsBetweenSweeps == 0 { await services.blobs.sweep(now: Wall.milliseconds) }
            let sequence = services.log.durableSequence
            guard sequence - saved >= Self.recordsBetweenSnapshots else { continue }
            saved = sequence
            do {
                try await Projections.save(services, to: snapshots)
            } catch {
                Diagnostics.warning("no snapshot was saved: \(error)")
            }
        }
    }
}

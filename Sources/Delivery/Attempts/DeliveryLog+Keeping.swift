import EventLog
package import IO

extension DeliveryLog {
    /// Saves how far every webhook has got, so that a start reads little and old records may go. Blocks.
    /// - Parameter sequence: the log's end before `endpoints` was gathered, synced since.
    func save(_ endpoints: [String: SavedEndpoint], at sequence: UInt64) throws(IOError) {
        try links.flush()
        try snapshots.save(name: Self.snapshotName, sequence: sequence, bytes: SavedEndpoint.encode(endpoints))
    }

    /// Removes the oldest records where they are too old or too many, but none that a start would need. Blocks.
    /// - Parameter saved: what the last snapshot covers.
    func retain(saved: UInt64, now: Int64) throws(LogError) {
        guard let log else { return }
        // Only whole segments go, and on a quiet hub one may take months to fill.
        try log.seal(startedBefore: now - options.maxAge / 8)
        var bytes = try log.bytes
        let bound = now - options.maxAge
        let limit = options.maxBytes
        try log.removeSegments { segment in
            guard segment.last <= saved, segment.latest < bound || bytes > limit else { return false }
            bytes -= segment.bytes
            return true
        }
        do throws(IOError) { try links.remove(before: log.oldestSequence) } catch { throw LogError(.io, "\(error)", cause: error) }
    }

    /// Sets back every webhook that is beyond a record of the event log, in the folder of a hub that was restored to it. Blocks.
    package static func setBack(_ directory: String, to sequence: UInt64) throws(IOError) {
        let store = snapshots(directory)
        guard let newest = store.newest(name: snapshotName), let endpoints = SavedEndpoint.decode(newest.bytes) else { return }
        let bytes = SavedEndpoint.encode(endpoints.mapValues { $0.setBack(to: sequence) })
        try store.save(name: snapshotName, sequence: newest.sequence, bytes: bytes)
    }

    /// The greatest record of the event log that a webhook is known to have seen: it was on disk. Blocks.
    package static func knownDurable(_ directory: String) -> UInt64 {
        let saved = SnapshotStore(directory: directory).newest(name: snapshotName).flatMap { SavedEndpoint.decode($0.bytes) }
        return saved?.values.map { max($0.main.position, $0.main.done.max() ?? 0) }.max() ?? 0
    }
}

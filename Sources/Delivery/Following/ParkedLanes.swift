/// Where order is kept: lanes of which more waits than is held. Of each only the place is known up to which its events have begun; the
/// rest stays in the log and is read from there again, lane by lane, when the lane goes on. So one that is stuck does not stop the others.
struct ParkedLanes: Sendable {
    /// With more of them the webhook waits as a whole.
    static let limit = 256

    /// The way of each through the log. It ends where the webhook's own way is by then.
    private(set) var tracks: [UInt64: Track] = [:]
    /// What was read of them and has not begun.
    private(set) var queuedBytes = 0
    /// Those that may be able to go on.
    var hungry: Set<UInt64> = []
    /// The one that was read last.
    private var lastRead: UInt64 = 0

    var isEmpty: Bool { tracks.isEmpty }
    var count: Int { tracks.count }

    init(_ saved: [UInt64: SavedEndpoint.Progress] = [:]) {
        tracks = Dictionary(uniqueKeysWithValues: saved.map { ($0, Track(.log, lane: $0, after: $1.position, $1)) })
        hungry = Set(saved.keys)
    }

    var saved: [UInt64: SavedEndpoint.Progress] { tracks.mapValues(\.progress) }

    /// Whether an event on the webhook's own way is left to its lane.
    /// - Parameter done: numbers behind the way's place that are done; those of a parked lane are its own.
    mutating func take(_ item: Track.Item, _ done: inout Set<UInt64>, _ open: OpenSet) -> Bool {
        if tracks[item.lane] == nil {
            guard open.isLong(item.lane), count < Self.limit, !done.contains(item.number), !open.contains(DeliveryKey(.log, item.number)) else {
                return false
            }
            tracks[item.lane] = Track(.log, lane: item.lane, after: item.number - 1, SavedEndpoint.Progress(position: item.number - 1))
        }
        if done.remove(item.number) != nil { tracks[item.lane]?.done.insert(item.number) }
        return true
    }

    /// Something of a lane has ended.
    mutating func wake(_ lane: UInt64) {
        if !tracks.isEmpty, tracks[lane] != nil { hungry.insert(lane) }
    }

    mutating func wakeAll() { hungry = Set(tracks.keys) }

    /// Forgets what was read and has not begun.
    mutating func discard() {
        for lane in tracks.keys { tracks[lane]?.discard() }
        queuedBytes = 0
        wakeAll()
    }

    mutating func popFirst(of lane: UInt64) -> Track.Item? {
        guard let item = tracks[lane]?.popFirst(at: 0) else { return nil }
        queuedBytes -= item.bytes
        return item
    }

    mutating func isDone(_ number: UInt64, in lane: UInt64) -> Bool { tracks[lane]?.done.remove(number) != nil }

    /// The lane has come as far as the webhook's own way, which takes its events again from here on.
    /// - Parameter position: of the webhook's own way.
    mutating func rejoin(_ lane: UInt64, at position: UInt64) {
        guard let track = tracks[lane] else {
            hungry.remove(lane)
            return
        }
        guard track.queue.isEmpty, !track.isReading, track.read >= position else { return }
        tracks[lane] = nil
        hungry.remove(lane)
    }

    /// The next to be read, in turns, as far as `position`. One at a time: whoever waits for others needs no hurry.
    mutating func startReading(through position: UInt64, _ open: OpenSet) -> Track? {
        guard !hungry.isEmpty, !tracks.values.contains(where: \.isReading) else { return nil }
        let last = lastRead
        let lane = hungry.filter { lane in
            open.isShort(lane) && tracks[lane].map { $0.queue.isEmpty && $0.read < position } == true
        }.min { $0 &- last &- 1 < $1 &- last &- 1 }
        guard let lane else { return nil }
        lastRead = lane
        tracks[lane]?.isReading = true
        tracks[lane]?.through = position
        return tracks[lane]
    }

    /// What was read of a lane.
    mutating func take(_ lane: UInt64, _ body: (inout Track) -> Void) {
        guard var track = tracks.removeValue(forKey: lane) else { return }
        let before = track.queuedBytes
        body(&track)
        queuedBytes += track.queuedBytes - before
        tracks[lane] = track
        hungry.insert(lane)
    }
}

extension EndpointCore {
    /// Lets parked lanes go on that have room again. True where something began to wait in memory.
    @discardableResult
    mutating func feedLanes(_ budget: Budget) -> Bool {
        guard !parked.hungry.isEmpty, !open.rules.isHeld else { return false }
        let before = open.count
        for lane in parked.hungry { feed(lane, budget) }
        return open.count > before
    }

    private mutating func feed(_ lane: UInt64, _ budget: Budget) {
        while open.isShort(lane), !open.isFull, budget.mayOpen(beside: open.count) {
            guard let item = parked.popFirst(of: lane) else { return parked.rejoin(lane, at: main.position) }
            let key = DeliveryKey(.log, item.number)
            guard !parked.isDone(item.number, in: lane), main.done.remove(item.number) == nil, !open.contains(key) else { continue }
            _ = open.enqueue(OpenDelivery(key: key, sequence: item.sequence, lane: lane))
        }
        // What waits in memory wakes it when it ends.
        if open.rules.keepsOrder, !open.isShort(lane) { parked.hungry.remove(lane) }
    }
}

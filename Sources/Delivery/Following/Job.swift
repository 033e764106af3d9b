import EventLog

/// One request that is to be made: a delivery, or several where the format takes them together.
struct Job: Sendable {
    struct Member: Sendable {
        let delivery: OpenDelivery
        /// The replay or the like that it belongs to.
        let job: UInt64
        /// Nil where it is to be read.
        var record: Record?
    }

    let setup: EndpointSetup
    var members: [Member]

    func mayGrow(bytes: Int) -> Bool {
        guard let batch = setup.batch else { return false }
        return members.count < batch.events && bytes < batch.bytes
    }
}

extension Track {
    /// Whether the next in the queue can begin. Events of a lane that is stuck are parked; what somebody asked for waits as a whole.
    func mayBegin(_ open: OpenSet) -> Bool {
        guard let next = queue.first else { return false }
        return source == .log || !open.isLong(next.lane)
    }

    /// Begins what comes next in the queue. Nil where that is done already, or has to wait for others of its lane.
    mutating func begin(_ open: inout OpenSet, _ parked: inout ParkedLanes, at now: Int64, _ setup: EndpointSetup) -> Job? {
        var job = Job(setup: setup, members: [])
        var bytes = 0
        repeat {
            guard mayBegin(open), let item = popFirst(at: now) else { break }
            if source == .log, open.rules.keepsOrder || !parked.isEmpty, parked.take(item, &done, open) { continue }
            let key = DeliveryKey(source, item.number)
            if done.remove(item.number) != nil { continue }
            let joins = !job.members.isEmpty
            guard let delivery = open.begin(key, sequence: item.sequence, lane: item.lane, at: now, joins: joins) else { continue }
            bytes += item.bytes
            job.members.append(Job.Member(delivery: delivery, job: self.job, record: item.record))
        } while job.mayGrow(bytes: bytes) && !open.isFull
        return job.members.isEmpty ? nil : job
    }
}

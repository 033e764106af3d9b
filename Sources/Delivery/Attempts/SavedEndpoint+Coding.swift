extension SavedEndpoint {
    /// 1 has no pauses, 2 does not say what failed together, 3 has no lanes, and in 4 all failures count.
    private static let version: UInt8 = 5

    /// All of them, for a snapshot.
    static func encode(_ endpoints: [String: SavedEndpoint]) -> [UInt8] {
        var out = ByteWriter()
        out.byte(version)
        out.number(endpoints.count)
        for (id, endpoint) in endpoints.sorted(by: { $0.key < $1.key }) {
            out.text(id)
            endpoint.write(to: &out)
        }
        return out.bytes
    }

    /// Nil where the bytes are not what `encode` wrote.
    static func decode(_ bytes: [UInt8]) -> [String: SavedEndpoint]? {
        var reader = ByteReader(bytes)
        guard let written = reader.byte(), (1...version).contains(written), let count = reader.int() else { return nil }
        var endpoints: [String: SavedEndpoint] = [:]
        for _ in 0..<count {
            guard let id = reader.text(), let endpoint = SavedEndpoint(&reader, written) else { return nil }
            endpoints[id] = endpoint
        }
        return reader.isAtEnd && endpoints.count == count ? endpoints : nil
    }

    private func write(to out: inout ByteWriter) {
        Self.write(main, to: &out)
        for job in [replay, failed] {
            guard let job else {
                out.byte(0)
                continue
            }
            out.byte(1)
            for number in [job.id, job.after, job.through] { out.number(number) }
            Self.write(job.progress, to: &out)
        }
        out.number(open.count)
        for delivery in open.values { Self.write(delivery, to: &out) }
        let circuit = circuit.saved
        out.number(circuit.failures)
        out.time(circuit.failingSince ?? 0)
        out.time(circuit.awaited)
        out.time(circuit.pauseEnd)
        out.number(circuit.strikes)
        out.number(circuit.refused)
        out.number(delivered)
        out.number(dead)
        out.byte(lastAttempt == nil ? 0 : 1)
        if let attempt = lastAttempt {
            out.time(attempt.time)
            out.number(attempt.sequence)
            out.number(attempt.status)
            out.text(attempt.error)
        }
        out.number(last)
        out.number(lanes.count)
        for (lane, progress) in lanes {
            out.number(lane)
            Self.write(progress, to: &out)
        }
    }

    private static func write(_ progress: Progress, to out: inout ByteWriter) {
        out.number(progress.position)
        out.number(progress.done.count)
        for number in progress.done { out.number(number) }
    }

    private static func write(_ delivery: OpenDelivery, to out: inout ByteWriter) {
        out.byte(delivery.key.source.rawValue)
        for number in [delivery.key.number, delivery.sequence, delivery.lane, delivery.first, delivery.last] { out.number(number) }
        out.number(delivery.attempts)
        out.time(delivery.due)
        out.time(delivery.failedAt)
        out.byte(delivery.leader?.source.rawValue ?? UInt8.max)
        out.number(delivery.leader?.number ?? 0)
    }

    private init?(_ reader: inout ByteReader, _ version: UInt8) {
        guard let main = Self.progress(&reader) else { return nil }
        self.main = main
        for source in [DeliveryKey.Source.replay, .failed] {
            guard let flag = reader.byte() else { return nil }
            if flag == 0 { continue }
            guard let id = reader.number(), let after = reader.number(), let through = reader.number(),
                let progress = Self.progress(&reader)
            else { return nil }
            let job = Job(id: id, after: after, through: through, progress: progress)
            if source == .replay { replay = job } else { failed = job }
        }
        guard let count = reader.int() else { return nil }
        for _ in 0..<count {
            guard let delivery = Self.delivery(&reader, version) else { return nil }
            open[delivery.key] = delivery
        }
        guard let failures = reader.int(), let since = reader.time(), let awaited = reader.time(),
            let pauseEnd = version == 1 ? 0 : reader.time(), let strikes = version < 5 ? failures : reader.int(),
            let refused = version < 5 ? 0 : reader.number(), let delivered = reader.int(), let dead = reader.int(), let flag = reader.byte()
        else { return nil }
        circuit = Circuit(
            Circuit.Saved(
                failures: failures, strikes: strikes, refused: refused, failingSince: since == 0 ? nil : since, awaited: awaited,
                pauseEnd: pauseEnd))
        self.delivered = UInt64(delivered)
        self.dead = UInt64(dead)
        if flag != 0 {
            guard let time = reader.time(), let sequence = reader.number(), let status = reader.int(), let error = reader.text()
            else { return nil }
            lastAttempt = LastAttempt(time: time, sequence: sequence, status: status, error: error)
        }
        guard let last = reader.number(), let laneCount = version < 4 ? 0 : reader.int() else { return nil }
        self.last = last
        for _ in 0..<laneCount {
            guard let lane = reader.number(), let progress = Self.progress(&reader) else { return nil }
            lanes[lane] = progress
        }
    }

    private static func progress(_ reader: inout ByteReader) -> Progress? {
        guard let position = reader.number(), let count = reader.int() else { return nil }
        var progress = Progress(position: position)
        for _ in 0..<count {
            guard let number = reader.number() else { return nil }
            progress.done.insert(number)
        }
        return progress
    }

    private static func delivery(_ reader: inout ByteReader, _ version: UInt8) -> OpenDelivery? {
        guard let source = reader.byte().flatMap(DeliveryKey.Source.init), let number = reader.number(),
            let sequence = reader.number(), let lane = reader.number(), let first = reader.number(), let last = reader.number(),
            let attempts = reader.int(), let due = reader.time(), let failedAt = reader.time()
        else { return nil }
        var leader: DeliveryKey?
        if version > 2 {
            guard let source = reader.byte(), let number = reader.number() else { return nil }
            leader = DeliveryKey.Source(rawValue: source).map { DeliveryKey($0, number) }
        }
        return OpenDelivery(
            key: DeliveryKey(source, number), sequence: sequence, lane: lane, stage: .waiting, attempts: attempts, due: due,
            failedAt: failedAt, leader: leader, first: first, last: last)
    }
}

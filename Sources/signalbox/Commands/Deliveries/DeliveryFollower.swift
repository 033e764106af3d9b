import JSON

/// Shows attempts as they end, by asking for the newest ones again and again.
struct DeliveryFollower {
    let client: HubClient
    let query: [(String, String)]
    let isJSON: Bool

    /// An attempt that was shown: a delivery is listed once, by its last attempt.
    private struct Attempt: Hashable {
        let id: String?
        let count: Int64?
        /// A power cut can take the last records of the hub away, whose ids others get then.
        let time: String?

        init(_ delivery: JSONValue) {
            id = delivery["id"]?.string
            count = delivery["attemptCount"]?.int
            time = delivery["lastAttempt"]?["time"]?.string
        }
    }

    /// Attempts that were shown, at least the last ten thousand of them: an answer is read down to the first of these.
    private struct Known {
        private var newer: Set<Attempt>
        private var older: Set<Attempt> = []

        init(_ attempts: [Attempt]) { newer = Set(attempts) }

        func contains(_ attempt: Attempt) -> Bool { newer.contains(attempt) || older.contains(attempt) }

        mutating func add(_ attempts: [Attempt]) {
            newer.formUnion(attempts)
            if newer.count > 10_000 { (older, newer) = (newer, []) }
        }
    }

    /// Between two questions. A hub that answers late is asked later.
    private static let interval = Duration.seconds(1)
    /// What one question may bring; more than this between two is said to be left out.
    private static let pages = 100

    /// Until nobody reads any more. A hub that is away is asked again until it is back: what ended before it went is in its log.
    func run() async throws {
        var known = Known(try await DeliveryPage.get(client, query, limit: 1000, cursor: nil).deliveries.map(Attempt.init))
        if !isJSON { Terminal.out(Table.line(DeliveryPrinter.headings, DeliveryPrinter.widths)) }
        var isAway = false
        while true {
            try await Task.sleep(for: Self.interval)
            let found: (deliveries: [JSONValue], isWhole: Bool)
            do {
                found = try await newer(than: known)
            } catch let failure as CommandFailure where failure.isTransient {
                if !isAway { Terminal.error("signalbox: \(failure); trying again\n") }
                isAway = true
                continue
            }
            isAway = false
            if !found.isWhole { Terminal.error("signalbox: more came than can be shown; some are left out\n") }
            for delivery in found.deliveries.reversed() {
                let line = isJSON
                    ? delivery.encoded + [0x0A] : Array(Table.line(DeliveryPrinter.cells(delivery), DeliveryPrinter.widths).utf8)
                guard Terminal.out(line) else { return }
            }
            known.add(found.deliveries.map(Attempt.init))
        }
    }

    /// Newest first, down to the first that was shown.
    private func newer(than known: Known) async throws -> (deliveries: [JSONValue], isWhole: Bool) {
        var new: [JSONValue] = []
        var cursor: String?
        for _ in 0..<Self.pages {
            let page = try await DeliveryPage.get(client, query, limit: 1000, cursor: cursor)
            let unknown = page.deliveries.prefix { !known.contains(Attempt($0)) }
            new += unknown
            guard unknown.count == page.deliveries.count, let next = page.next else { return (new, true) }
            cursor = next
        }
        return (new, false)
    }
}

import JSON

/// Shows attempts as they end, by asking again and again for those that ended since.
struct DeliveryFollower {
    let client: HubClient
    let query: [(String, String)]
    let isJSON: Bool

    private struct Found {
        /// Newest first.
        var deliveries: [JSONValue] = []
        /// The last record of the hub's log of deliveries.
        var end: UInt64 = 0
        var isWhole = true
    }

    /// Between two questions. A hub that answers late is asked later.
    private static let interval = Duration.seconds(1)
    /// What one question may bring; more than this between two is said to be left out.
    private static let pages = 100
    /// A power cut can take the last records of the hub away, whose numbers others get then: so many are looked at again.
    private static let overlap: UInt64 = 1000

    /// Until nobody reads any more. A hub that is away is asked again until it is back: what ended before it went is in its log.
    func run() async throws {
        var end = try Self.end(of: try await DeliveryPage.get(client, query, limit: 1, cursor: nil))
        if !isJSON { Terminal.out(Table.line(DeliveryPrinter.headings, DeliveryPrinter.widths)) }
        var isAway = false
        while true {
            try await Task.sleep(for: Self.interval)
            let found: Found
            do {
                found = try await newer(than: end)
            } catch let failure as CommandFailure where failure.isTransient {
                if !isAway { Terminal.error("signalbox: \(failure); trying again\n") }
                isAway = true
                continue
            }
            isAway = false
            if found.end < end {
                Terminal.error("signalbox: the hub lost the end of its log of deliveries; what follows may have been shown before\n")
                end = found.end - min(found.end, Self.overlap)
                continue
            }
            end = found.end
            if !found.isWhole { Terminal.error("signalbox: more came than can be shown; some are left out\n") }
            for delivery in found.deliveries.reversed() {
                let line = isJSON
                    ? delivery.encoded + [0x0A] : Array(Table.line(DeliveryPrinter.cells(delivery), DeliveryPrinter.widths).utf8)
                guard Terminal.out(line) else { return }
            }
        }
    }

    private func newer(than end: UInt64) async throws -> Found {
        var found = Found()
        var cursor: String?
        for _ in 0..<Self.pages {
            let page = try await DeliveryPage.get(client, query + [("after", String(end))], limit: 1000, cursor: cursor)
            if cursor == nil { found.end = try Self.end(of: page) }
            found.deliveries += page.deliveries
            guard let next = page.next else { return found }
            cursor = next
        }
        found.isWhole = false
        return found
    }

    private static func end(of page: DeliveryPage) throws -> UInt64 {
        guard let end = page.end else { throw CommandFailure("the hub does not say where its log of deliveries ends: it is of an earlier version") }
        return end
    }
}

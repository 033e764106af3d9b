import JSON

/// What the commands about deliveries show.
enum DeliveryPrinter {
    static let headings = ["ID", "TIME", "STATE", "ATTEMPT", "OUTCOME", "KIND", "EVENT", "WEBHOOK"]
    /// Where rows come one by one, nobody knows the longest text.
    static let widths = [10, 24, 9, 7, 26, 10, 30, 27]

    static func cells(_ delivery: JSONValue) -> [String] {
        let attempt = delivery["lastAttempt"]
        return [
            delivery["id"]?.string ?? "-", attempt?["time"]?.string ?? delivery["requestedAt"]?.string ?? "", delivery["state"]?.string ?? "?",
            delivery["attemptCount"]?.text ?? "", delivery["reason"]?.string ?? outcome(attempt), delivery["kind"]?.string ?? "", event(delivery), delivery["webhook"]?.string ?? "",
        ].map(Table.printable)
    }

    /// The type without what all types begin with, and the sequence.
    private static func event(_ delivery: JSONValue) -> String {
        let type = delivery["eventType"]?.string ?? "?"
        let short = type.hasPrefix("io.signalbox.") ? String(type.dropFirst("io.signalbox.".count)) : type
        return delivery["sequence"].map { "\(short) \($0.text)" } ?? short
    }

    static func outcome(_ attempt: JSONValue?) -> String {
        guard let attempt else { return "" }
        let took = attempt["latencyMs"].map { " in \($0.text) ms" } ?? ""
        return attempt["error"]?.string ?? "HTTP \(attempt["status"]?.text ?? "?")\(took)"
    }

    /// One delivery with all its attempts and what was answered.
    static func whole(_ delivery: JSONValue) -> String {
        var text = Table.pairs(
            ["id", "webhook", "state", "kind", "sequence", "eventId", "eventType", "original", "requestedAt", "nextAttempt", "reason"].map {
                ($0, delivery[$0]?.text)
            })
        var table = Table("ATTEMPT", "TIME", "OUTCOME")
        for attempt in delivery["attempts"]?.array ?? [] {
            table.add(attempt["number"]?.text ?? "?", attempt["time"]?.string ?? "?", outcome(attempt))
        }
        if !table.isEmpty { text += "\n" + table.text }
        if let answer = delivery["attempts"]?.array?.last?["response"]?.string {
            text += "\nlast answer:\n" + answer.split(whereSeparator: \.isNewline).map { "  \(Table.printable(String($0)))\n" }.joined()
        }
        return text
    }
}

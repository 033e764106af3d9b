package import Audit

extension Configuration {
    package struct Audit: Sendable {
        /// Which pulls are recorded.
        package var pulls = PullMode.off
        /// How long they are kept.
        package var pullsDays = 30
    }

    mutating func readAudit(_ root: ObjectReader) throws(ObjectReader.Failure) {
        guard let reader = try root.object("audit", keys: ["pulls", "pullsDays"] + AuditSettings.keys) else { return }
        try proofs.read(reader)
        if let text = try reader.string("pulls") {
            guard let mode = PullMode(rawValue: text) else {
                let allowed = PullMode.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                throw reader.failure("pulls", "must be one of \(allowed), not \"\(text)\"")
            }
            audit.pulls = mode
        }
        audit.pullsDays = try reader.int("pullsDays", in: 1...36_500) ?? audit.pullsDays
    }
}

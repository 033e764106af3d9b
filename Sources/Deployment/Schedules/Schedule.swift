package import JSON
import Events

/// Times at which something is allowed, or frozen: any of some windows.
package struct Schedule: Sendable, Hashable {
    /// As it was written.
    package let encoded: JSONValue
    private let ranges: [Range<Int64>]

    package init(_ json: JSONValue) throws(DeploymentError) {
        encoded = json
        var ranges: [Range<Int64>] = []
        for item in json.array ?? [json] {
            guard let from = item["from"]?.string.flatMap(Timestamp.parse), let until = item["until"]?.string.flatMap(Timestamp.parse),
                from < until
            else { throw DeploymentError(.invalid, "a window needs \"from\" and a later \"until\"") }
            ranges.append(from..<until)
        }
        self.ranges = ranges
    }

    /// - Parameter milliseconds: since 1970.
    package func isOpen(at milliseconds: Int64) -> Bool {
        ranges.contains { $0.contains(milliseconds) }
    }

    /// The first time after `milliseconds` at which `isOpen` may answer otherwise; nil where it never will.
    package func nextChange(after milliseconds: Int64) -> Int64? {
        ranges.flatMap { [$0.lowerBound, $0.upperBound] }.filter { $0 > milliseconds }.min()
    }
}

import IO
import Synchronization

/// A zone of the time zone database, as the system has it (TZif, RFC 9636).
///
/// Foundation's zones need ICU, which a program with its libraries linked into it leaves out: there it knows none.
final class ZoneTable: Sendable {
    private struct Change: Sendable {
        let at: Int
        /// Seconds east of UTC from then on.
        let offset: Int
    }

    private let first: Int
    /// All that change the offset, oldest first.
    private let changes: [Change]
    /// Up to when the file says all; from then on the rule does.
    private let end: Int
    private let rule: ZoneRule?

    private init(offset: Int) {
        (first, changes, end, rule) = (offset, [], .max, nil)
    }

    static let folder = "/usr/share/zoneinfo"
    /// The database has some hundred zones; what is read once is kept.
    private static let known = Mutex<[String: ZoneTable]>([:])

    /// Nil where there is no such zone. Blocks for a moment where it was not asked for before.
    static func named(_ name: String) -> ZoneTable? {
        if ["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(name) { return ZoneTable(offset: 0) }
        if let table = known.withLock({ $0[name] }) { return table }
        guard let bytes = try? Files.read("\(folder)/\(name)", limit: 1 << 20), let table = ZoneTable(bytes) else { return nil }
        known.withLock { known in
            if known.count < 1_000 { known[name] = table }
        }
        return table
    }

    /// Nil for what is no file of a zone.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(rest: bytes[...])
        guard var header = Header(&reader) else { return nil }
        let isLong = header.version >= UInt8(ascii: "2")
        if isLong {
            // First comes all in 32 bits, for readers of the last century.
            guard reader.take(header.length(4)) != nil, let second = Header(&reader) else { return nil }
            header = second
        }
        let size = isLong ? 8 : 4
        guard header.types > 0, let times = reader.integers(header.times, of: size), let places = reader.take(header.times),
            let types = reader.take(header.types * 6), reader.take(header.length(size) - header.times * (size + 1) - header.types * 6) != nil
        else { return nil }
        let offsets = (0..<header.types).map { Reader.integer(types.dropFirst($0 * 6).prefix(4)) }
        var (last, changes) = (offsets[0], [Change]())
        for (at, place) in zip(times, places) {
            guard Int(place) < offsets.count else { return nil }
            // Some change nothing but the name of the time.
            if offsets[Int(place)] != last { changes.append(Change(at: at, offset: offsets[Int(place)])) }
            last = offsets[Int(place)]
        }
        first = offsets[0]
        self.changes = changes
        guard isLong, reader.take(1)?.first == UInt8(ascii: "\n"), let text = reader.rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).first, !text.isEmpty
        else {
            (end, rule) = (.max, nil)
            return
        }
        guard let rule = ZoneRule(text) else { return nil }
        (end, self.rule) = (times.last ?? .min, rule)
    }

    /// Seconds east of UTC.
    func offset(at instant: Int) -> Int {
        if let rule, instant >= end { return rule.offset(at: instant) }
        let place = place(after: instant)
        return place == 0 ? first : changes[place - 1].offset
    }

    /// The next instant with another offset than before; nil where there is none.
    func nextChange(after instant: Int) -> Int? {
        let place = place(after: instant)
        if place < changes.count { return changes[place].at }
        return rule?.nextChange(after: max(instant, end))
    }

    /// How many changes are not after an instant.
    private func place(after instant: Int) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private struct Header {
        let version: UInt8
        let times: Int
        let types: Int
        private let others: [Int]

        init?(_ reader: inout Reader) {
            guard reader.take(4)?.elementsEqual("TZif".utf8) ?? false, let version = reader.take(1)?.first, reader.take(15) != nil,
                let counts = reader.integers(6, of: 4), counts.allSatisfy({ (0...100_000).contains($0) })
            else { return nil }
            self.version = version
            (times, types) = (counts[3], counts[4])
            others = [counts[0], counts[1], counts[2], counts[5]]
        }

        /// Of all that follows, with times of so many bytes.
        func length(_ size: Int) -> Int { times * (size + 1) + types * 6 + others[3] + others[2] * (size + 4) + others[1] + others[0] }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        mutating func integers(_ count: Int, of size: Int) -> [Int]? {
            take(count * size).map { bytes in (0..<count).map { Self.integer(bytes.dropFirst($0 * size).prefix(size)) } }
        }

        /// With a sign, the first byte the greatest.
        static func integer(_ bytes: ArraySlice<UInt8>) -> Int {
            bytes.reduce(bytes.first ?? 0 >= 0x80 ? -1 : 0) { $0 << 8 | Int($1) }
        }
    }
}

import Foundation
import TestSupport
import Testing

@testable import Deployment

/// The system's database, read without Foundation, whose zones are not there in a program with its libraries linked into it.
@Suite("time zones", .timeLimit(.minutes(5))) struct ZoneTests {
    private static let names = [
        "UTC", "GMT", "Etc/UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Nuuk",
        "America/Santiago", "America/Phoenix", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland",
        "Pacific/Chatham", "Pacific/Apia", "Africa/Johannesburg", "Antarctica/Troll", "Etc/GMT+5",
    ]

    @Test("clocks show what Foundation says, now and in times to come", arguments: names)
    func clocks(name: String) throws {
        let zone = try #require(Zone(name))
        let expected = try #require(TimeZone(identifier: name))
        var random = SeededGenerator(seed: 7)
        let (first, last) = (0, 4_000_000_000)
        for _ in 0..<500 {
            let instant = Int.random(in: first...last, using: &random)
            #expect(zone.wall(instant) - instant == expected.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))), "\(instant)")
        }
    }

    /// Where the offset changes, and not where only its name does.
    @Test("the next change is the first instant with another offset", arguments: names)
    func changes(name: String) throws {
        let zone = try #require(Zone(name))
        let expected = try #require(TimeZone(identifier: name))
        func offset(_ instant: Int) -> Int { expected.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))) }
        var instant = 1_600_000_000
        while instant < 2_600_000_000 {
            let next = zone.nextTransition(after: instant) ?? .max
            for between in stride(from: instant, to: min(next, 2_600_000_000), by: 86_400) { try #require(offset(between) == offset(instant), "\(between)") }
            guard next < .max else { break }
            #expect(next > instant && offset(next - 1) != offset(next), "\(next)")
            instant = next
        }
    }

    @Test("rules are read as POSIX has them", arguments: [
        ("UTC0", 1_750_000_000, 0, nil), ("<+0530>-5:30", 1_750_000_000, 19_800, nil),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 1_750_000_000, 7200, 1_761_440_400), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_761_440_400, 3600, 1_774_746_000),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_761_440_400, 0, 1_774_746_000), ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_750_000_000, -3600, 1_761_440_400),
        ("EST5EDT,J60/0,J305", 1_740_805_200, -14_400, 1_761_976_800), ("EST5EDT,59/0,304", 1_740_805_200, -14_400, 1_761_976_800),
        ("AAA3BBB4,0/0,J365/23", 1_750_000_000, -14_400, nil),
    ] as [(String, Int, Int, Int?)])
    func rules(text: String, instant: Int, offset: Int, next: Int?) throws {
        let rule = try #require(ZoneRule(text.utf8))
        #expect(rule.offset(at: instant) == offset)
        #expect(rule.nextChange(after: instant) == next)
    }

    @Test("what is no rule is none", arguments: ["", "A0", "UTC", "<+03", "UTC25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,J0,J1", "UTC0:60"])
    func noRule(text: String) { #expect(ZoneRule(text.utf8) == nil) }

    @Test("names that lead elsewhere, or nowhere, are no zones", arguments: ["", "..", "../zoneinfo/UTC", "/etc/passwd", "Europe", "Europe/", "Europe/Nowhere", "tzdata.zi", "zone.tab", "UTC\u{0}"])
    func noZone(name: String) { #expect(Zone(name) == nil) }

    @Test("a damaged file is a zone or none, and never the end of the program") func damage() throws {
        let bytes = Array(try Data(contentsOf: URL(filePath: ZoneTable.folder + "/Europe/Berlin")))
        #expect(ZoneTable(bytes) != nil)
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) { damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            if Bool.random(using: &random) { damaged.removeLast(Int.random(in: 0...damaged.count, using: &random)) }
            guard let table = ZoneTable(damaged) else { continue }
            for instant in [0, 1_750_000_000, 4_000_000_000] { _ = (table.offset(at: instant), table.nextChange(after: instant)) }
        }
    }
}

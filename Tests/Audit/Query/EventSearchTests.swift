import EventLog
import Events
import JSON
import Testing
import TestSupport

@testable import Audit

@Suite("Questions to the log")
struct EventSearchTests {
    /// The same question by looking at each event's JSON.
    private static func naive(_ record: Record, _ conditions: [(EventFilter.Field, String)]) throws -> Bool {
        let event = try JSONValue.parse(record.body)
        let data = event["data"]
        for (field, values) in Dictionary(grouping: conditions, by: \.0) {
            let value: String? = switch field {
            case .id: event["id"]?.string
            case .type: event["type"]?.string
            case .repository, .tag, .digest: data?[field.rawValue]?.string
            case .actor: data?["actor"]?["name"]?.string
            case .address: data?["request"]?["address"]?.string
            case .request: data?["request"]?["id"]?.string
            case .outcome: event["type"]?.string.map { Outcome(type: $0).rawValue }
            case .mentions: nil
            }
            if field == .mentions {
                guard values.allSatisfy({ String(decoding: record.body, as: UTF8.self).contains("\"\($0.1)\"") }) else { return false }
                continue
            }
            guard let value, values.contains(where: { matches(value, $0.1) }) else { return false }
        }
        return true
    }

    private static func matches(_ value: String, _ shape: String) -> Bool {
        let parts = shape.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 1 { return value == shape }
        guard parts.count == 2 else { return false }
        return value.count >= shape.count - 1 && value.hasPrefix(parts[0]) && value.hasSuffix(parts[1])
    }

    private static func randomConditions(_ random: inout SeededGenerator) -> [(EventFilter.Field, String)] {
        let choices: [(EventFilter.Field, [String])] = [
            (.type, ["io.signalbox.image.pushed", "io.signalbox.image.*", "io.signalbox.tag.rejected", "io.*", "*.deleted"]),
            (.repository, SampleLog.repositories + ["prod/*", "prod/shop/*", "team/*", "*/app", "pro*", "none"]),
            (.tag, ["v1", "v2", "v*", "x"]), (.digest, [SampleLog.digest(3), SampleLog.digest(4), "sha256:*", "no digest"]),
            (.actor, SampleLog.people + ["nobody", "a*"]), (.address, SampleLog.addresses + ["10.*"]), (.request, ["r1", "r49", "r*"]),
            (.outcome, ["success", "refused", "failed"]), (.mentions, [SampleLog.digest(3), SampleLog.digest(7)]),
        ]
        return (0..<Int.random(in: 0...4, using: &random)).map { _ in
            let (field, values) = choices[Int.random(in: 0..<choices.count, using: &random)]
            return (field, values[Int.random(in: 0..<values.count, using: &random)])
        }
    }

    @Test("are answered as by looking at every event, page by page, in both orders", arguments: 0..<4)
    func equality(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 900)
        let sample = try SampleLog()
        try await sample.fill(250, using: &random)
        if seed > 0 { try sample.audit.indexes.maintain() }
        try await sample.fill(30, using: &random)
        let records = try sample.log.read(after: 0, limit: .max, maxBytes: .max)
        for _ in 0..<120 {
            let conditions = Self.randomConditions(&random)
            var search = EventSearch()
            search.filter = try EventFilter(conditions)
            search.isAscending = Bool.random(using: &random)
            search.limit = Int.random(in: 1...40, using: &random)
            var expected = try records.filter { try Self.naive($0, conditions) }
            if !search.isAscending { expected.reverse() }
            var found: [[UInt8]] = []
            while true {
                let page = try sample.audit.page(search)
                try #require(page.events.count <= search.limit)
                found += page.events.map(\.body)
                guard let next = page.next else { break }
                if search.isAscending { search.after = next } else { search.before = next }
            }
            try #require(found == expected.map(\.body), "\(conditions)")
        }
        sample.log.close()
    }

    @Test("every condition that an index can be asked is asked")
    func terms() throws {
        for (field, value) in [
            (EventFilter.Field.type, "io.signalbox.image.pushed"), (.type, "io.signalbox.image.*"), (.repository, "a/b"),
            (.repository, "a/b/*"), (.tag, "v1"), (.digest, SampleLog.digest(1)), (.actor, "ann"), (.address, "::1"), (.request, "r"),
            (.id, "x"), (.outcome, "refused"), (.mentions, SampleLog.digest(1)),
        ] {
            let filter = try EventFilter([(field, value)])
            #expect(filter.terms.count == 1, "\(field) \(value)")
        }
        for (field, value) in [(EventFilter.Field.repository, "*a"), (.type, "io.signalbox.*"), (.tag, "v*"), (.outcome, "success")] {
            let filter = try EventFilter([(field, value)])
            #expect(filter.terms.isEmpty, "\(field) \(value)")
        }
        let pattern = #"{"type": ["a", {"prefix": "b"}], "data": {"repository": ["x/y"], "tag": [{"exists": false}]}}"#
        let filter = try EventFilter([], pattern: Array(pattern.utf8))
        #expect(filter.terms.count == 1)
    }

    @Test("an index hides nothing that is meant: an address written otherwise, a field that $or or a key with dots sets anew")
    func hidden() async throws {
        let sample = try SampleLog()
        for (repository, person, address) in [("a/x", "0::1", "2001:db8::1"), ("b/x", "ann", "10.0.0.1"), ("c/x", "bob", "192.0.2.1")] {
            try await sample.append(.repositoryCreated(try sample.name(repository)), by: person, from: address)
        }
        func found(_ conditions: [(EventFilter.Field, String)], _ pattern: String? = nil) throws -> [String] {
            var search = EventSearch()
            search.filter = try EventFilter(conditions, pattern: pattern.map { Array($0.utf8) })
            search.isAscending = true
            return try sample.audit.page(search).events.compactMap { try JSONValue.parse($0.body)["data"]?["repository"]?.string }
        }
        #expect(try found([(.address, "2001:DB8:0::1")]) == ["a/x"])
        #expect(try found([(.address, "::ffff:10.0.0.1")]) == ["b/x"])
        #expect(try found([(.actor, "::1")]).isEmpty, "a name is meant to the letter")
        for (pattern, repositories) in [
            (#"{"data": {"request": {"address": ["2001:DB8::1"]}}}"#, ["a/x"]),
            (#"{"data": {"actor": {"name": ["::1"]}}}"#, ["a/x"]),
            (#"{"data": {"repository": ["a/x"], "$or": [{"repository": ["b/x"]}, {"repository": ["c/x"]}]}}"#, ["b/x", "c/x"]),
            (#"{"data": {"repository": ["a/x"]}, "data.repository": ["b/x"]}"#, ["b/x"]),
            (#"{"data.repository": [{"prefix": "c/"}]}"#, ["c/x"]),
        ] {
            #expect(try found([], pattern) == repositories, "\(pattern)")
        }
        let either = #"{"$or": [{"data": {"repository": ["b/x"]}}, {"data": {"repository": [{"prefix": "c/"}], "tag": ["v1"]}}]}"#
        #expect(try EventFilter([], pattern: Array(either.utf8)).terms.map(\.count) == [2])
        sample.log.close()
    }

    @Test("a pattern and conditions hold together, and networks hold addresses")
    func together() async throws {
        var random = SeededGenerator(seed: 3)
        let sample = try SampleLog()
        try await sample.fill(120, using: &random)
        var search = EventSearch()
        search.filter = try EventFilter(
            [(.repository, "prod/**"), (.address, "10.0.0.0/16"), (.outcome, "success")],
            pattern: Array(#"{"data": {"tag": [{"prefix": "v"}]}}"#.utf8))
        search.limit = 1000
        let events = try sample.audit.page(search).events.map { try JSONValue.parse($0.body) }
        #expect(!events.isEmpty)
        for event in events {
            #expect(event["data"]?["repository"]?.string?.hasPrefix("prod/") == true && event["data"]?["tag"] != nil)
            #expect(event["data"]?["request"]?["address"]?.string?.hasPrefix("10.0.") == true)
            #expect(event["type"]?.string != "io.signalbox.tag.rejected")
        }
        sample.log.close()
    }

    @Test("a condition that cannot be meant is told with its name")
    func invalid() {
        for (conditions, pattern, pointer) in [
            ([(EventFilter.Field.outcome, "maybe")], nil, "outcome"), ([(.mentions, "sha256:12")], nil, "mentions"),
            ([], "{", "pattern"), ([], #"{"type": "x"}"#, "pattern"),
        ] as [([(EventFilter.Field, String)], String?, String)] {
            let error = #expect(throws: AuditError.self) { try EventFilter(conditions, pattern: pattern.map { Array($0.utf8) }) }
            #expect(error?.pointer == pointer)
        }
    }

    @Test("counts are those of the events that a search finds", arguments: CountField.allCases)
    func counts(field: CountField) async throws {
        var random = SeededGenerator(seed: 11)
        let sample = try SampleLog()
        try await sample.fill(200, using: &random)
        try sample.audit.indexes.maintain()
        var search = EventSearch()
        search.filter = try EventFilter([(.repository, "prod/*")])
        let counts = try sample.audit.counts(search, by: field)
        search.limit = 1000
        var expected: [String: UInt64] = [:]
        for event in try sample.audit.page(search).events {
            let json = try JSONValue.parse(event.body)
            let value: String? = switch field {
            case .type: json["type"]?.string
            case .day: json["time"]?.string.map { String($0.prefix(10)) }
            case .principal: json["data"]?["actor"]?["name"]?.string
            case .repository: json["data"]?["repository"]?.string
            case .outcome: json["type"]?.string.map { Outcome(type: $0).rawValue }
            case .address: json["data"]?["request"]?["address"]?.string
            case .tag: json["data"]?["tag"]?.string
            }
            expected[value ?? "", default: 0] += 1
        }
        #expect(Dictionary(uniqueKeysWithValues: counts.sorted.map { ($0.text, $0.count) }) == expected)
        #expect(counts.total == expected.values.reduce(0, +) && counts.next == nil && counts.others == 0)
        sample.log.close()
    }

    @Test("times are read as people write them")
    func times() {
        let now: Int64 = 1_700_000_000_000
        #expect(QueryTime.parse("90s", now: now) == now - 90_000)
        #expect(QueryTime.parse("7d", now: now) == now - 604_800_000)
        #expect(QueryTime.parse("2026-01-31", now: now) == 1_769_817_600_000)
        #expect(QueryTime.parse("2026-01-31T00:00:00.5Z", now: now) == 1_769_817_600_500)
        #expect(QueryTime.parse("2026-01-31T00:00:00Z", now: now) == 1_769_817_600_000)
        #expect(QueryTime.parse("2026-01-31T01:00:00+01:00", now: now) == 1_769_817_600_000)
        for text in ["", "d", "-1d", "7y", "9999999999999999999d", "99999999999d", "yesterday", "7 d", "2026-02-30", "2026-04-31T00:00:00Z", "2026-1-1"] {
            #expect(QueryTime.parse(text, now: now) == nil, "\(text)")
        }
    }

    @Test("bytes that are no event, or only begin like one, make no trap and match nothing by a condition")
    func hostile() throws {
        var random = SeededGenerator(seed: 12)
        let text = Array(#"{"type":"a.b.c.d","data":{"repository":"a/b","tags":[1,{"x":["sha256:"]}],"actor":{"name":"x\ty"}}}"#.utf8)
        var session = EventFilter.Session(try EventFilter([(.repository, "zzz")]))
        for _ in 0..<20_000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) { bytes[place] = UInt8.random(in: 0...255, using: &random) } else { bytes.removeSubrange(place...) }
                if bytes.isEmpty { break }
            }
            var terms: [UInt64] = []
            EventTerms.append(bytes.span, to: &terms)
            let matches = session.matches(bytes.span)
            #expect(!matches)
        }
        let deep = Array((#"{"data":"# + String(repeating: "[", count: 100_000)).utf8)
        var terms: [UInt64] = []
        EventTerms.append(deep.span, to: &terms)
        #expect(terms.isEmpty)
    }
}

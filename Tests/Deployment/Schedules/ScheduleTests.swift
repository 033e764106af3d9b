import Foundation
import JSON
import Testing
import TestSupport

@testable import Deployment

@Suite struct ScheduleTests {
    private func schedule(_ json: String) throws -> Schedule { try Schedule(try JSONValue.parse(json)) }

    private func milliseconds(_ text: String) throws -> Int64 {
        let time = try #require(WrittenTime(text))
        return Int64(time.wall - (time.offset ?? 0)) * 1000
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let schedule: String
        /// Times in UTC from which on it is open and closed, in turn, from the first opening on.
        let changes: [String]
        var from = "2026-01-01T00:00"
        var testDescription: String { schedule }
    }

    static let newYork = #""timeZone": "America/New_York""#
    static let berlin = #""timeZone": "Europe/Berlin""#

    @Test("a schedule opens and closes just then", arguments: [
        Case(schedule: #"{"cron": "0 9 * * mon-fri", "duration": "8h"}"#,
             changes: ["2026-01-01T09:00", "2026-01-01T17:00", "2026-01-02T09:00", "2026-01-02T17:00", "2026-01-05T09:00", "2026-01-05T17:00"]),
        // Each hour's window touches the next one's.
        Case(schedule: #"{"cron": "0 9-17 * * *", "duration": "1h"}"#, changes: ["2026-01-01T09:00", "2026-01-01T18:00", "2026-01-02T09:00"]),
        Case(schedule: #"{"cron": "*/20 8 * * *", "duration": "5m"}"#,
             changes: ["2026-01-01T08:00", "2026-01-01T08:05", "2026-01-01T08:20", "2026-01-01T08:25", "2026-01-01T08:40", "2026-01-01T08:45", "2026-01-02T08:00"]),
        Case(schedule: #"{"cron": "0 22 * * fri", "duration": "2d10h"}"#, changes: ["2026-01-02T22:00", "2026-01-05T08:00", "2026-01-09T22:00", "2026-01-12T08:00"]),
        Case(schedule: #"{"cron": "30 2 29 2 *", "duration": "1h"}"#, changes: ["2028-02-29T02:30", "2028-02-29T03:30", "2032-02-29T02:30"]),
        // Both day fields restricted: either will do. One begins with *: both must fit.
        Case(schedule: #"{"cron": "0 0 13 * fri", "duration": "1h"}"#, changes: ["2026-01-02T00:00", "2026-01-02T01:00", "2026-01-09T00:00", "2026-01-09T01:00", "2026-01-13T00:00"]),
        Case(schedule: #"{"cron": "0 0 */13 * 5", "duration": "1h"}"#, changes: ["2026-02-27T00:00", "2026-02-27T01:00", "2026-03-27T00:00"]),
        Case(schedule: #"{"cron": "0 0 * jan-feb,12 0", "duration": "24h"}"#, changes: ["2026-01-04T00:00", "2026-01-05T00:00"]),
        Case(schedule: #"{"cron": "0 0 * * 7", "duration": "1m"}"#, changes: ["2026-01-04T00:00", "2026-01-04T00:01"]),
        Case(schedule: #"[{"from": "2026-02-01", "until": "2026-03-01"}, {"from": "2026-02-20T12:00Z", "until": "2026-03-02T06:00:30+02:00"}]"#,
             changes: ["2026-02-01T00:00", "2026-03-02T04:00:30"]),
        Case(schedule: #"[{"cron": "0 1 * * *", "duration": "1h"}, {"cron": "0 2 * * *", "duration": "1h"}, {"cron": "30 2 * * *", "duration": "2h"}]"#,
             changes: ["2026-01-01T01:00", "2026-01-01T04:30", "2026-01-02T01:00"]),
        // 2026-03-29 02:00 becomes 03:00 in Berlin: a window in the hour that is not there is made up for, one across it is short.
        Case(schedule: #"{"cron": "15 2 * * *", "duration": "30m", \#(berlin)}"#,
             changes: ["2026-03-28T01:15", "2026-03-28T01:45", "2026-03-29T01:00", "2026-03-29T01:30", "2026-03-30T00:15", "2026-03-30T00:45"], from: "2026-03-28T00:00"),
        Case(schedule: #"{"cron": "*/20 2 * * *", "duration": "5m", \#(berlin)}"#,
             changes: ["2026-03-29T01:00", "2026-03-29T01:05", "2026-03-30T00:00"], from: "2026-03-28T12:00"),
        Case(schedule: #"{"cron": "30 1 * * *", "duration": "1h", \#(berlin)}"#,
             changes: ["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T23:30", "2026-03-30T00:30"], from: "2026-03-29T00:00"),
        Case(schedule: #"{"cron": "30 2 * * *", "duration": "1h", \#(berlin)}"#,
             changes: ["2026-03-29T01:00", "2026-03-29T01:30", "2026-03-30T00:30"], from: "2026-03-29T00:00"),
        // 2026-10-25 03:00 becomes 02:00: a window in the hour that comes twice is open twice, one across it goes on.
        Case(schedule: #"{"cron": "15 2 * * *", "duration": "30m", \#(berlin)}"#,
             changes: ["2026-10-25T00:15", "2026-10-25T00:45", "2026-10-25T01:15", "2026-10-25T01:45", "2026-10-26T01:15"], from: "2026-10-25T00:00"),
        Case(schedule: #"{"cron": "0 1 * * *", "duration": "3h", \#(berlin)}"#,
             changes: ["2026-10-24T23:00", "2026-10-25T03:00", "2026-10-26T00:00"], from: "2026-10-24T12:00"),
        // Whole days have no hole and no overlap, however long they are.
        Case(schedule: #"{"cron": "0 0 * * sat,sun", "duration": "24h", \#(berlin)}"#,
             changes: ["2026-10-23T22:00", "2026-10-25T23:00", "2026-10-30T23:00"], from: "2026-10-20T12:00"),
        Case(schedule: #"{"from": "2026-12-24T18:00", "until": "2027-01-02", "timeZone": "America/New_York"}"#, changes: ["2026-12-24T23:00", "2027-01-02T05:00"]),
        // The same in New York: 2026-03-08 02:00 becomes 03:00, 2026-11-01 02:00 becomes 01:00.
        Case(schedule: #"{"cron": "15 2 * * *", "duration": "30m", \#(newYork)}"#,
             changes: ["2026-03-07T07:15", "2026-03-07T07:45", "2026-03-08T07:00", "2026-03-08T07:30", "2026-03-09T06:15"], from: "2026-03-07T00:00"),
        Case(schedule: #"{"cron": "30 2 * * *", "duration": "1h", \#(newYork)}"#,
             changes: ["2026-03-08T07:00", "2026-03-08T07:30", "2026-03-09T06:30"], from: "2026-03-07T12:00"),
        Case(schedule: #"{"cron": "30 1 * * *", "duration": "1h", \#(newYork)}"#,
             changes: ["2026-11-01T05:30", "2026-11-01T06:00", "2026-11-01T06:30", "2026-11-01T07:30", "2026-11-02T06:30"], from: "2026-10-31T12:00"),
        Case(schedule: #"{"cron": "0 1 * * *", "duration": "1h", \#(newYork)}"#,
             changes: ["2026-11-01T05:00", "2026-11-01T07:00", "2026-11-02T06:00"], from: "2026-10-31T12:00"),
        // Ranges with an end in an hour that comes twice take both of it; in one that is left out, the moment of the change.
        Case(schedule: #"{"from": "2026-11-01T01:30", "until": "2026-11-01T01:45", \#(newYork)}"#, changes: ["2026-11-01T05:30", "2026-11-01T06:45"]),
        Case(schedule: #"{"from": "2026-10-24", "until": "2026-10-25T02:30", \#(berlin)}"#, changes: ["2026-10-23T22:00", "2026-10-25T01:30"]),
        Case(schedule: #"{"from": "2026-10-25T02:30", "until": "2026-10-26", \#(berlin)}"#, changes: ["2026-10-25T00:30", "2026-10-25T23:00"]),
        Case(schedule: #"{"from": "2026-03-29T02:30", "until": "2026-03-29T04:00", \#(berlin)}"#, changes: ["2026-03-29T01:00", "2026-03-29T02:00"]),
        Case(schedule: #"{"from": "2026-03-08T01:00", "until": "2026-03-08T02:30", \#(newYork)}"#, changes: ["2026-03-08T06:00", "2026-03-08T07:00"]),
        // Half an hour's change.
        Case(schedule: #"{"cron": "0 2 * * *", "duration": "1h", "timeZone": "Australia/Lord_Howe"}"#,
             changes: ["2026-04-03T15:00", "2026-04-03T16:00", "2026-04-04T15:30", "2026-04-04T16:30"], from: "2026-04-03T14:00"),
    ])
    func changes(_ example: Case) throws {
        let schedule = try schedule(example.schedule)
        var time = try milliseconds(example.from)
        #expect(!schedule.isOpen(at: time))
        for (index, change) in example.changes.enumerated() {
            let next = try #require(schedule.nextChange(after: time), "after \(time)")
            let expected = try milliseconds(change)
            #expect(next == expected, "\(change), but \(next - expected) ms later")
            #expect(schedule.isOpen(at: next) == (index % 2 == 0))
            #expect(schedule.isOpen(at: next - 1) == (index % 2 == 1))
            time = next
        }
    }

    @Test("a schedule that is always open, and one that is over, never change")
    func never() throws {
        #expect(try schedule(#"{"from": "2026-01-01", "until": "2026-01-02"}"#).nextChange(after: try milliseconds("2026-01-02")) == nil)
        let now = try milliseconds("2026-01-01")
        for text in [
            #"{"cron": "* * * * *", "duration": "1m"}"#, #"{"cron": "0 0 * * *", "duration": "1d", \#(Self.berlin)}"#,
            #"{"cron": "30 */2 1-31 1-12 *", "duration": "3h"}"#, #"[{"cron": "0 0 1 * *", "duration": "31d"}, {"cron": "0 0 * * 0-6", "duration": "1d"}]"#,
        ] {
            let always = try schedule(text)
            #expect(always.isOpen(at: now))
            #expect(always.nextChange(after: now) == nil)
        }
        let closed = try schedule(#"{"cron": "0 0 1 1 *", "duration": "365d"}"#)
        #expect(try closed.nextChange(after: milliseconds("2027-06-01")) == milliseconds("2028-12-31"))
    }

    @Test("two schedules that take turns each minute are always open, and are looked at again at a time that stays the same")
    func alternating() throws {
        let schedule = try schedule(#"[{"cron": "*/2 * * * *", "duration": "1m"}, {"cron": "1-59/2 * * * *", "duration": "1m"}]"#)
        let now = try milliseconds("2026-01-01T10:00")
        let next = try #require(schedule.nextChange(after: now))
        #expect(next > now && schedule.isOpen(at: next))
        let asked = Set((1..<100).map { schedule.nextChange(after: now + Int64($0) * 60_000) })
        #expect(asked.count <= 3)
    }

    @Test("nextChange is the first minute at which isOpen answers otherwise, whatever the schedule")
    func property() throws {
        var random = SeededGenerator(seed: 9)
        let zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca"]
        func pick(_ values: [String]) -> String { values.randomElement(using: &random) ?? "" }
        for _ in 0..<60 {
            let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let cron = "\(pick(["0", "*/15", "30", "5,50"])) \(pick(["*", "2", "1-3", "0,12", "23"])) \(pick(["*", "1", "25-31"])) * \(pick(["*", "sun", "mon-fri"]))"
                return #"{"cron": "\#(cron)", "duration": "\#(pick(["1m", "20m", "1h", "2h30m", "1d", "3d"]))", "timeZone": "\#(pick(zones))"}"#
            }
            let schedule = try schedule("[\(items.joined(separator: ","))]")
            // Around a change of the clock in the north's spring and autumn, and somewhere.
            for start in ["2026-03-27T22:00", "2026-10-23T22:00", "2026-06-30T00:00"] {
                let start = try milliseconds(start)
                let next = schedule.nextChange(after: start) ?? .max
                var minute = start + 60_000
                let isOpen = schedule.isOpen(at: start)
                while minute < start + 4 * 86_400_000, schedule.isOpen(at: minute) == isOpen { minute += 60_000 }
                if minute < start + 4 * 86_400_000 { #expect(next == minute, "\(items) from \(start): \(next - minute)") } else { #expect(next >= minute) }
            }
        }
    }

    @Test("times at the ends of what an integer holds are answered", arguments: [Int64.min, -1, 0, 1, 253_402_300_799_999, .max])
    func extremes(time: Int64) throws {
        for text in [#"{"cron": "0 9 * * *", "duration": "8h", "timeZone": "Europe/Berlin"}"#, #"{"from": "1970-01-01", "until": "9998-12-31"}"#,
            #"{"cron": "0 0 29 2 *", "duration": "366d"}"#] {
            let schedule = try schedule(text)
            _ = schedule.isOpen(at: time)
            _ = schedule.nextChange(after: time)
        }
    }

    @Test("what is no schedule is refused, with the member at fault", arguments: [
        ("[]", ""), ("1", ""), ("[1]", "/0"), ("{}", "/from"), (#"{"from": "2026-01-01"}"#, "/until"), (#"{"from": 1, "until": "2026-01-01"}"#, "/from"),
        (#"{"from": "2026-01-02", "until": "2026-01-01"}"#, "/until"), (#"{"from": "2026-02-30", "until": "2027-01-01"}"#, "/from"),
        (#"{"from": "2026-01-01", "until": "10000-01-01"}"#, "/until"), (#"{"from": "2026-01-01", "until": "2026-01-02", "cron": "* * * * *"}"#, "/from"),
        (#"{"cron": "* * * * *"}"#, "/duration"), (#"{"cron": "* * * * *", "duration": "0m"}"#, "/duration"), (#"{"cron": "* * * * *", "duration": "8"}"#, "/duration"),
        (#"{"cron": "* * * * *", "duration": "30m1h"}"#, "/duration"), (#"{"cron": "* * * * *", "duration": "367d"}"#, "/duration"), (#"{"cron": "* * * * *", "duration": ""}"#, "/duration"),
        (#"{"cron": "* * * * *", "duration": 8}"#, "/duration"), (#"{"cron": "* * * * *", "duration": "1h", "timeZone": "Mars/Olympus"}"#, "/timeZone"),
        (#"{"cron": "* * * * *", "duration": "1h", "timeZone": "../../etc/passwd"}"#, "/timeZone"), (#"{"cron": "* * * * *", "duration": "1h", "timeZone": ""}"#, "/timeZone"),
        (#"{"cron": "* * * *", "duration": "1h"}"#, "/cron"), (#"{"cron": "60 * * * *", "duration": "1h"}"#, "/cron"), (#"{"cron": "* 24 * * *", "duration": "1h"}"#, "/cron"),
        (#"{"cron": "* * 0 * *", "duration": "1h"}"#, "/cron"), (#"{"cron": "* * 32 * *", "duration": "1h"}"#, "/cron"), (#"{"cron": "* * * 13 *", "duration": "1h"}"#, "/cron"),
        (#"{"cron": "* * * * 8", "duration": "1h"}"#, "/cron"), (#"{"cron": "* * * * fri-mon", "duration": "1h"}"#, "/cron"), (#"{"cron": "5/10 * * * *", "duration": "1h"}"#, "/cron"),
        (#"{"cron": "*/0 * * * *", "duration": "1h"}"#, "/cron"), (#"{"cron": "*/ * * * *", "duration": "1h"}"#, "/cron"), (#"{"cron": "1,,2 * * * *", "duration": "1h"}"#, "/cron"),
        (#"{"cron": "0 0 31 2 *", "duration": "1h"}"#, "/cron"), (#"{"cron": "0 0 30-31 2 *", "duration": "1h"}"#, "/cron"), (#"{"cron": "@daily", "duration": "1h"}"#, "/cron"),
        (#"{"cron": "0 0 L * *", "duration": "1h"}"#, "/cron"), (#"[{"from": "2026-01-01", "until": "2026-01-02"}, {"cron": "x", "duration": "1h"}]"#, "/1/cron"),
    ])
    func refuses(text: String, pointer: String) throws {
        let json = try JSONValue.parse(text)
        let error = #expect(throws: DeploymentError.self) { try Schedule(json) }
        #expect(error?.pointer == pointer, "\(error?.message ?? "")")
    }

    @Test("dates are those of Foundation's calendar")
    func dates() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for days in stride(from: 0, to: 2_000_000, by: 997) {
            let date = CivilDate(daysSince1970: days)
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(days) * 86_400))
            #expect(date.year == parts.year && date.month == parts.month && date.day == parts.day)
            #expect(CivilDate.weekday(daysSince1970: days) + 1 == parts.weekday)
            let text = "\(String(repeating: "0", count: max(0, 4 - "\(date.year)".count)))\(date.year)-\(date.month < 10 ? "0" : "")\(date.month)-\(date.day < 10 ? "0" : "")\(date.day)"
            #expect(WrittenTime(text)?.wall == days * 86_400)
        }
    }

    @Test("windows and freezes that never let anything be deployed are told from those that do", arguments: [
        (#"{"windows": {"from": "2025-01-01", "until": "2026-01-01"}}"#, "/gates/windows"),
        (#"{"windows": [{"from": "2025-01-01", "until": "2026-01-01"}, {"from": "2026-03-01", "until": "2026-03-02"}]}"#, nil),
        (#"{"freeze": {"cron": "* * * * *", "duration": "1m"}}"#, "/gates/freeze"),
        (#"{"freeze": [{"cron": "0 0 * * *", "duration": "12h"}, {"cron": "0 12 * * *", "duration": "12h"}]}"#, "/gates/freeze"),
        (#"{"freeze": [{"cron": "0 0 * * *", "duration": "12h"}, {"cron": "0 12 * * *", "duration": "11h59m"}]}"#, nil),
        (#"{"freeze": {"from": "2025-01-01", "until": "2027-01-01"}}"#, nil),
        (#"{"freeze": {"from": "2025-01-01", "until": "2099-01-01"}}"#, "/gates/freeze"),
        (#"{"windows": {"cron": "0 9 * * mon-fri", "duration": "8h"}, "freeze": {"cron": "0 0 * * mon-fri", "duration": "1d"}}"#, "/gates/windows"),
        (#"{"windows": {"cron": "0 9 * * mon-fri", "duration": "8h"}, "freeze": {"cron": "0 0 * * mon-thu", "duration": "1d"}}"#, nil),
        (#"{"windows": {"from": "2026-03-01", "until": "2026-04-01"}, "freeze": {"from": "2026-02-01", "until": "2026-05-01"}}"#, "/gates/windows"),
        (#"{"windows": {"cron": "30 2 29 2 *", "duration": "1h"}}"#, nil),
    ] as [(String, String?)])
    func hindrance(gates: String, pointer: String?) throws {
        let trigger = try Sample.trigger(
            #"{"name": "t", "environment": "e", "gates": \#(gates), "target": {"type": "hook", "name": "x"}}"#)
        let error = trigger.gates.hindrance(at: try milliseconds("2026-02-03T10:00"), limit: 1_200)
        #expect(error?.pointer == pointer, "\(String(describing: error))")
    }
}

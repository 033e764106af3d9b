import Audit
import EventLog
import Events
import Foundation
import IO
import JSON

/// Times questions to a log and says what its indexes cost.
struct Report {
    let log: EventLog
    let audit: AuditLog
    let directory: String

    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = DispatchTime.now().uptimeNanoseconds
        try body()
        return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }

    static func memory(_ name: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return (line?.split(separator: " ").dropLast().last).flatMap { Int($0) }.map { $0 / 1024 } ?? 0
    }

    static func print(_ label: String, _ value: String) {
        Swift.print(label.padding(toLength: 56, withPad: " ", startingAt: 0) + value)
    }

    func size() throws -> Int {
        try Files.list(directory).filter { $0.hasSuffix(".log") }.reduce(0) { try $0 + (Files.info(directory + "/" + $1)?.size ?? 0) }
    }

    func build() throws {
        let before = Self.memory("VmRSS")
        let start = clock()
        let took = try Self.seconds { try audit.indexes.maintain() }
        let spent = Double(clock() - start) / Double(CLOCKS_PER_SEC)
        let bytes = try size()
        let index = audit.indexes.bytesOnDisk
        Self.print("log", "\(log.durableSequence) records, \(bytes >> 20) MiB")
        Self.print("index build", String(format: "%.1f s (%.1f s of a core), %.0f MB/s of log a core", took, spent, Double(bytes) / 1e6 / spent))
        Self.print("index size", String(format: "%d MiB, %.2f %% of the log", index >> 20, 100 * Double(index) / Double(bytes)))
        Self.print("memory before and after the build", "\(before) MiB, \(Self.memory("VmRSS")) MiB; highest \(Self.memory("VmHWM")) MiB")
    }

    /// The median of some runs of the first page.
    func page(_ label: String, _ conditions: [(EventFilter.Field, String)], pattern: String? = nil, ascending: Bool = false, since: Int64? = nil, until: Int64? = nil) throws {
        var search = EventSearch()
        search.filter = try EventFilter(conditions, pattern: pattern.map { Array($0.utf8) })
        search.isAscending = ascending
        search.since = since
        search.until = until
        var times: [Double] = []
        var found = 0
        for _ in 0..<7 {
            times.append(try Self.seconds { found = try audit.page(search).events.count })
        }
        Self.print(label, String(format: "%4d events, first %7.2f ms, median %7.2f ms", found, times[0] * 1000, times.sorted()[3] * 1000))
    }

    func scan(_ label: String, _ search: EventSearch) throws {
        var found = 0
        let bytes = try Double(size())
        let before = clock()
        let took = try Self.seconds {
            _ = try audit.visit(search, maxBytes: .max) { _, _ in
                found += 1
                return true
            }
        }
        let spent = Double(clock() - before) / Double(CLOCKS_PER_SEC)
        Self.print(
            label, String(format: "%d events, %.1f s (%.1f s of a core), %.0f MB/s a core", found, took, spent, bytes / 1e6 / spent))
    }

    func run() throws {
        try build()
        var middle = log.durableSequence / 2
        while let record = try log.record(at: middle), record.attachment.isEmpty { middle += 1 }
        guard let record = try log.record(at: middle), let event = try? JSONValue.parse(record.body), let digest = event["data"]?["digest"]?.string,
            let repository = event["data"]?["repository"]?.string, let tag = event["data"]?["tag"]?.string,
            let request = event["data"]?["request"]?["id"]?.string, let id = event["id"]?.string
        else { throw AuditError(.notFound, "the record in the middle is no push") }
        let day = record.time / 86_400_000 * 86_400_000
        try page("newest", [])
        try page("one digest", [(.digest, digest)])
        try page("one digest anywhere", [(.mentions, digest)])
        try page("one request", [(.request, request)])
        try page("one event id", [(.id, id)])
        try page("one tag of one repository", [(.repository, repository), (.tag, tag)])
        try page("one repository in one day", [(.repository, repository)], since: day, until: day + 86_400_000)
        try page("a rare repository", [(.repository, "org39/team199/service-1999")])
        try page("a rare repository in one day", [(.repository, "org39/team199/service-1999")], since: day, until: day + 86_400_000)
        try page("one principal", [(.actor, "person299@example.com")])
        try page("one principal, oldest first", [(.actor, "person299@example.com")], ascending: true)
        try page("refusals of one principal in one folder", [(.actor, "person250@example.com"), (.outcome, "refused"), (.repository, "org3/*")])
        try page("nothing: a digest that is nowhere", [(.digest, "sha256:" + String(repeating: "0", count: 64))])
        var search = EventSearch()
        search.filter = try EventFilter([(.tag, "*-none")])
        try scan("full scan, a tag by its end", search)
        search.filter = try EventFilter([], pattern: Array(#"{"data": {"size": [{"numeric": [">", 341]}], "request": {"userAgent": [{"prefix": "skopeo"}]}}}"#.utf8))
        try scan("full scan, a pattern with a number and a prefix", search)
        for field in [CountField.type, .day, .principal, .repository] {
            let took = try Self.seconds {
                var search = EventSearch()
                while let next = try audit.counts(search, by: field).next { search.before = next }
            }
            Self.print("count everything by \(field.rawValue)", String(format: "%.1f s", took))
        }
        Self.print("memory", "\(Self.memory("VmRSS")) MiB; highest \(Self.memory("VmHWM")) MiB")
    }
}

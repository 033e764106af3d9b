import Audit
import JSON

extension Command {
    static let auditExport: Command = Command(
        name: "audit export", summary: "Write events out, oldest first: to standard output, to a folder with a file for each hour, or to syslog.",
        options: [
            Option(name: "--format", value: "FORMAT", help: "jsonl (default), csv, cloudtrail or ocsf"),
            Option(name: "--to", value: "FOLDER", help: "write hourly files there, and go on where the last export ended"),
            Option(name: "--syslog", value: "HOST:PORT", help: "send RFC 5424 messages over TCP; needs --position"),
            Option(name: "--tls", help: "over TLS (RFC 5425), with --syslog; --ca has its authorities"),
            Option(name: "--position", value: "FILE", help: "remembers how far the messages were sent, with --syslog"),
            Option(name: "--follow", help: "go on with what happens from now on"),
        ] + AuditConditions.options + AuditSource.options,
        example: "signalbox audit export --format ocsf --to /var/log/signalbox --follow"
    ) { arguments in
        guard let format = ExportFormat(rawValue: arguments.value("--format") ?? "jsonl") else {
            throw UsageError("--format takes one of \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", "))", auditExport)
        }
        let parameters = AuditConditions.parameters(arguments)
        guard !parameters.contains(where: { $0.name == "before" }) else {
            throw UsageError("--before is not for exports; use --until", auditExport)
        }
        if arguments.has("--follow"), arguments.value("--data") != nil {
            throw UsageError("--follow needs a running hub, not --data", auditExport)
        }
        let export = AuditExport(
            source: try AuditSource(arguments), parameters: parameters, follows: arguments.has("--follow"))
        switch (arguments.value("--to"), arguments.value("--syslog")) {
        case (nil, nil): try await export.run(StandardOutputSink(format))
        case (let folder?, nil): try await export.run(FolderSink(folder, format))
        case (nil, let receiver?):
            guard let position = arguments.value("--position") else { throw UsageError("--syslog needs --position FILE", auditExport) }
            guard arguments.value("--format") == nil else { throw UsageError("--syslog has a format of its own", auditExport) }
            let sink = try SyslogSink(
                receiver, position: position, isSecure: arguments.has("--tls"), authorities: arguments.value("--ca"))
            try await export.run(sink)
        default: throw UsageError("--to and --syslog cannot be combined", auditExport)
        }
    }
}

/// Where exported events go.
protocol ExportSink {
    /// The last record that is known to have arrived; nil where nothing is known.
    var position: UInt64? { get }
    /// The last event that arrived; nil where that is not known.
    var last: ExportedEvent? { get }
    /// Comes before everything else; false when nobody wants anything.
    mutating func begin() throws -> Bool
    /// Takes events. When this returns they, and that everything up to `position` is done, are safe.
    /// - Returns: false when nobody wants more.
    mutating func take(_ events: [JSONValue], through position: UInt64) async throws -> Bool
}

/// An event that was exported, by its number and its id: the one may come again after a restore, and the other does not.
struct ExportedEvent {
    let sequence: UInt64
    let id: String

    /// Nil where it is none that has both.
    init?(_ event: JSONValue?) {
        self.init(sequence: event?["sequence"]?.string, id: event?["id"]?.string)
    }

    init?(sequence: String?, id: String?) {
        guard let sequence = sequence.flatMap({ UInt64($0) }), (1..<UInt64.max).contains(sequence), let id else { return nil }
        (self.sequence, self.id) = (sequence, id)
    }
}

/// Brings events from a hub or folder to a sink, a page at a time.
struct AuditExport {
    let source: AuditSource
    let parameters: [(name: String, value: String)]
    let follows: Bool

    func run(_ sink: some ExportSink) async throws {
        var sink = sink
        guard try sink.begin() else { return }
        var position = sink.position
        let after = parameters.first { $0.name == "after" }.flatMap { UInt64($0.value) }
        var isWarned = false
        // A log that ends before it is another one, or was set back: nothing would be exported, and nothing said.
        if let position {
            _ = try await source.page(try log + [("order", "asc"), ("limit", "1"), ("after", String(position))], wait: 0, retries: follows)
            if let last = sink.last { try await check(last) }
        }
        while true {
            var page = parameters.filter { position == nil || $0.name != "after" } + [("order", "asc"), ("limit", "500")]
            if let position { page.append(("after", String(position))) }
            let part = try await source.page(page, wait: follows && position != nil ? 30 : nil, retries: follows)
            if !isWarned, let beginning = AuditSource.missing(part.beginning, page) {
                Terminal.error("signalbox: \(beginning.text), and are not in this export\n")
                isWarned = true
            }
            let last = part.next ?? part.events.last?["sequence"]?.string.flatMap { UInt64($0) }
            if let last, try await !sink.take(part.events, through: last) { return }
            if part.next == nil, !follows { return }
            position = last ?? position ?? after ?? 0
        }
    }

    /// What says which log is meant: pulls have one of their own, with numbers of its own.
    private var log: [(name: String, value: String)] {
        get throws {
            let types = parameters.filter { $0.name == "type" }
            return try EventSearch(parameters: types, now: 0).isAboutPulls ? types : []
        }
    }

    /// The event that was exported last must still be the one: after a restore its number can stand for another, and what came before that would be missing.
    private func check(_ last: ExportedEvent) async throws {
        let one = [(name: "order", value: "asc"), ("limit", "1"), ("after", String(last.sequence - 1)), ("before", String(last.sequence + 1))]
        let found = try await source.page(try log + one, retries: follows).events.first?["id"]?.string
        guard let found, found != last.id else { return }
        throw CommandFailure(
            "record \(last.sequence) is another one than was exported: a restore set the log back, or it is another log; the last event "
                + "io.signalbox.audit.restored says with which record it goes on: export from there on to another place")
    }
}

extension ExportSink {
    mutating func begin() throws -> Bool { true }
}

/// One event after another, for a pipe.
struct StandardOutputSink: ExportSink {
    private let format: ExportFormat
    let position: UInt64? = nil
    let last: ExportedEvent? = nil

    init(_ format: ExportFormat) { self.format = format }

    /// The names of the columns stand there also where nothing follows.
    mutating func begin() -> Bool { Terminal.out(format.head) }

    mutating func take(_ events: [JSONValue], through position: UInt64) async throws -> Bool {
        var out: [UInt8] = []
        for event in events { format.append(event, to: &out) }
        return Terminal.out(out)
    }
}

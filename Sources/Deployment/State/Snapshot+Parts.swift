import Events
import JSON
import OCI

// How the parts of the deployments' state stand in a snapshot (docs/storage-format.md).

extension DeploymentState.TriggerEntry {
    func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.member("name", change.name)
        json.member("created", created)
        json.member("changed", changed)
        json.member("createdAt", createdAt)
        json.member("updatedAt", updatedAt)
        json.key("definition")
        json.value(.object(change.definition))
        json.key("earlier")
        json.beginArray()
        for version in earlier {
            json.beginObject()
            json.member("since", version.since)
            json.key("definition")
            json.value(.object(version.definition))
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    init(_ reader: SnapshotReader) throws(EventError) {
        guard let definition = reader.value("definition")?.object else { throw SnapshotReader.damaged("definition") }
        let (name, created) = (try reader.string("name"), try reader.sequence("created"))
        self.init(
            TriggerChange(.created, name: name, definition: definition), created: created,
            changed: try reader.optionalSequence("changed") ?? created, createdAt: try reader.int("createdAt"),
            updatedAt: try reader.int("updatedAt"))
        for version in reader.value("earlier") == nil ? [] : try reader.list("earlier") {
            guard let definition = version.value("definition")?.object else { throw SnapshotReader.damaged("definition") }
            earlier.append(
                Version(
                    since: try version.sequence("since"), definition: definition,
                    trigger: try? Trigger(.object(definition), name: name)))
        }
    }

    /// A definition that this version cannot read is kept, and its trigger does nothing.
    init(_ change: TriggerChange, created: UInt64, changed: UInt64, createdAt: Int64, updatedAt: Int64) {
        var settings: RunSettings?
        var problem: String?
        do throws(DeploymentError) { settings = RunSettings(try Trigger(.object(change.definition), name: change.name)) } catch {
            problem = "this version cannot read it (\(error.message)): replace it (signalbox trigger add FILE --replace), or go on with the version that made it"
        }
        self.init(
            change: change, created: created, changed: changed, createdAt: createdAt, updatedAt: updatedAt, settings: settings,
            problem: problem)
    }

    /// What it was and is, oldest first.
    var versions: [Version] { earlier + [Version(since: changed, definition: change.definition, trigger: trigger)] }

    /// What it was when a record was made: made or changed by an earlier one.
    func version(at sequence: UInt64) -> Version? {
        sequence > changed ? versions.last : earlier.last { $0.since < sequence } ?? earlier.first ?? versions.last
    }
}

extension Pins.Pin {
    func encode(of environment: String, into json: inout JSONWriter) {
        json.beginObject()
        json.member("environment", environment)
        if let pinned = service?.pinned {
            json.member("repository", pinned.repository.text)
            json.list("triggers", pinned.triggers)
            json.list("targets", pinned.targets)
        }
        json.member("reason", reason)
        json.list("digests", digests.map(\.description))
        json.member("time", time)
        json.member("actor", actor)
        json.endObject()
    }

    init(_ reader: SnapshotReader, of environment: String) throws(EventError) {
        // The first version of the snapshot had one.
        let texts = try reader.optionalString("digest").map { [$0] } ?? []
        var digests: [Digest] = []
        for text in reader.value("digests") == nil ? texts : try reader.strings("digests") + texts {
            guard let digest = Digest(text) else { throw SnapshotReader.damaged("digests") }
            digests.append(digest)
        }
        var service: Service?
        if reader.value("repository") != nil {
            let pinned = PinnedService(
                repository: try reader.parsed("repository"), triggers: try reader.strings("triggers"), targets: try reader.strings("targets"))
            service = Service(environment, pinned)
        }
        self.init(
            service: service, reason: try reader.string("reason"), digests: digests, time: try reader.int("time"),
            actor: try reader.string("actor"))
    }
}

extension Pins {
    /// By environment.
    static func all(_ snapshot: SnapshotReader) throws(EventError) -> [String: Pins] {
        var pins: [String: Pins] = [:]
        // As earlier versions wrote it, which knew no services.
        if snapshot.value("pins")?.object != nil {
            for (name, reader) in try snapshot.members("pins") { pins[name] = Pins(all: [try Pin(reader, of: name)]) }
            return pins
        }
        for reader in try snapshot.list("pins") {
            let name = try reader.string("environment")
            pins[name, default: Pins()].all.append(try Pin(reader, of: name))
        }
        return pins
    }
}

extension DeploymentState.LaneState {
    /// - Parameter isLast: it has the last success of its place.
    func encode(_ lane: Lane, isLast: Bool, into json: inout JSONWriter) {
        json.beginObject()
        json.member("environment", lane.environment)
        json.member("trigger", lane.trigger)
        json.member("repository", lane.repository.text)
        json.member("lastEvent", lastEvent)
        json.member("lastStarted", ifPresent: lastStarted)
        json.member("startedAt", startedAt)
        if isLast { json.member("last", true) }
        json.key("successes")
        json.beginArray()
        for success in successes {
            json.beginObject()
            json.member("deployment", success.deployment)
            json.member("tag", ifPresent: success.version.tag)
            json.member("digest", success.version.digest.description)
            json.member("pushed", success.version.pushed)
            if success.version.sequence > 0 { json.member("event", success.version.sequence) }
            json.member("at", success.at)
            json.member("sequence", success.sequence)
            json.member("target", ifPresent: success.target)
            if let endedAt = success.endedAt { json.member("endedAt", endedAt) }
            json.member("rolledBack", success.isRolledBack)
            if success.isInDoubt { json.member("inDoubt", true) }
            json.endObject()
        }
        json.endArray()
        json.key("failures")
        json.beginArray()
        for failure in failures {
            json.beginObject()
            json.member("digest", failure.digest.description)
            json.member("target", ifPresent: failure.target)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    static func decode(_ reader: SnapshotReader) throws(EventError) -> (Lane, Self) {
        let lane = Lane(
            environment: try reader.string("environment"), trigger: try reader.string("trigger"),
            repository: try reader.parsed("repository"))
        var state = Self()
        state.lastEvent = try reader.sequence("lastEvent")
        state.lastStarted = try reader.optionalString("lastStarted")
        state.startedAt = try reader.optionalSequence("startedAt") ?? 0
        for entry in try reader.list("successes") {
            let version = ImageVersion(
                tag: try entry.optionalString("tag"), digest: try entry.parsed("digest"), pushed: try entry.int("pushed"),
                sequence: try entry.optionalSequence("event") ?? 0)
            state.successes.append(
                Success(
                    deployment: try entry.string("deployment"), version: version, at: try entry.int("at"),
                    sequence: try entry.optionalSequence("sequence") ?? 0,
                    endedAt: try entry.optionalInt("endedAt"), target: try entry.optionalString("target"), isRolledBack: try entry.bool("rolledBack"),
                    isInDoubt: entry.value("inDoubt")?.bool ?? false))
        }
        for entry in reader.value("failures") == nil ? [] : try reader.list("failures") {
            state.failures.append(Failure(digest: try entry.parsed("digest"), target: try entry.optionalString("target")))
        }
        return (lane, state)
    }
}

extension ScanTable {
    func encode(into json: inout JSONWriter) {
        json.beginArray()
        for (image, reports) in images.sorted(by: { $0.value.last < $1.value.last }) {
            json.beginObject()
            json.member("repository", image.repository.text)
            json.member("digest", image.digest.description)
            json.key("reports")
            json.beginArray()
            for entry in reports.all { entry.encode(isOfOthers: entry == reports.others, into: &json) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    init(_ list: [SnapshotReader]) throws(EventError) {
        self.init()
        for reader in list {
            let image = Image(repository: try reader.parsed("repository"), digest: try reader.parsed("digest"))
            for report in try reader.list("reports") {
                add(try Entry(report), on: image, isOfOthers: try report.bool("others"))
            }
        }
    }
}

extension ScanTable.Entry {
    fileprivate func encode(isOfOthers: Bool, into json: inout JSONWriter) {
        json.beginObject()
        json.member("sequence", sequence)
        json.member("time", time)
        json.member("others", isOfOthers)
        json.member("scanner", summary.scanner)
        json.member("version", ifPresent: summary.scannerVersion)
        json.key("counts")
        json.beginArray()
        for severity in Severity.allCases { json.int(summary.counts[severity]) }
        json.endArray()
        if let fixable = summary.fixable { json.member("fixable", fixable) }
        json.endObject()
    }

    fileprivate init(_ reader: SnapshotReader) throws(EventError) {
        guard let numbers = reader.value("counts")?.array?.compactMap(\.int), numbers.count == Severity.allCases.count else {
            throw SnapshotReader.damaged("counts")
        }
        var counts = SeverityCounts()
        for (severity, number) in zip(Severity.allCases, numbers) { counts[severity] = number }
        self.init(
            summary: ScanSummary(
                scanner: try reader.string("scanner"), scannerVersion: try reader.optionalString("version"), counts: counts,
                fixable: try reader.optionalInt("fixable")),
            sequence: try reader.sequence("sequence"), time: try reader.int("time"))
    }
}

extension JSONWriter {
    fileprivate mutating func list(_ key: StaticString, _ texts: [String]) {
        self.key(key)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }
}

package import Events
import JSON
import OCI

extension DeploymentState {
    /// Of what a snapshot holds. One without a version is the first, which did not say whose repositories were scanned; the
    /// second did not know earlier definitions of triggers, and ended the time of a success with the next one; the third forgot
    /// when pauses had begun that are over; the fourth did not know what runs were started with, nor in which order several triggers
    /// deployed; the fifth did not know targets, took the pin of one service for one of its whole environment, and forgot what never went well;
    /// the sixth ended the time of a success with what was begun in another service.
    static let snapshotVersion: Int64 = 7

    /// As JSON, for a snapshot.
    package func encoded(_ scans: ScanTable) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("version", Self.snapshotVersion)
        if oldestVersion < Self.snapshotVersion { json.member("oldest", oldestVersion) }
        json.member("sequence", sequence)
        json.key("triggers")
        json.beginArray()
        for entry in triggers.values.sorted(by: { $0.created < $1.created }) { entry.encode(into: &json) }
        json.endArray()
        json.key("pauses")
        json.beginArray()
        for (name, pause) in pauses.sorted(by: { $0.key < $1.key }) { pause.encode(of: name, into: &json) }
        json.endArray()
        json.key("pins")
        json.beginArray()
        for (name, pins) in pins.sorted(by: { $0.key < $1.key }) {
            for pin in pins.all { pin.encode(of: name, into: &json) }
        }
        json.endArray()
        json.key("lanes")
        json.beginArray()
        for (lane, state) in lanes.sorted(by: { $0.key.order < $1.key.order }) {
            state.encode(lane, isLast: places[lane.place]?.last == lane.trigger, into: &json)
        }
        json.endArray()
        json.key("settings")
        json.beginArray()
        encodeSettings(into: &json)
        json.endArray()
        json.key("live")
        json.beginArray()
        for id in live { deployments[id]?.encode(into: &json) }
        json.endArray()
        json.key("finished")
        json.beginArray()
        for id in finished { deployments[id]?.encode(into: &json) }
        json.endArray()
        json.key("scans")
        scans.encode(into: &json)
        json.endObject()
        return json.bytes
    }

    /// What deployments were started with, each once.
    private func encodeSettings(into json: inout JSONWriter) {
        var written: Set<RunSettings> = []
        for id in live + finished {
            guard let settings = deployments[id]?.settings, written.insert(settings).inserted else { continue }
            json.beginObject()
            json.member("trigger", settings.trigger.name)
            json.key("definition")
            json.value(.object(settings.trigger.definition))
            json.endObject()
        }
    }

    /// Reads what `encoded` wrote.
    /// - Parameter sequence: a record up to which everything is in it.
    package static func decode(_ bytes: [UInt8], sequence: UInt64 = 0) throws(EventError) -> (DeploymentState, ScanTable) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue.parse(bytes) } catch {
            throw EventError(.malformed, "the snapshot of the deployments is damaged: \(error)")
        }
        let reader = try SnapshotReader(value)
        let version = try reader.optionalInt("version")
        guard version.map({ (2...snapshotVersion).contains($0) }) ?? true else {
            throw EventError(.malformed, "the snapshot of the deployments is of a later version of the hub")
        }
        var state = DeploymentState()
        state.oldestVersion = min(version ?? 1, try reader.optionalInt("oldest") ?? snapshotVersion)
        state.sequence = max(sequence, try reader.sequence("sequence"))
        for entry in try reader.list("triggers") {
            let entry = try TriggerEntry(entry)
            state.triggers[entry.change.name] = entry
        }
        state.pauses = try Pause.all(reader)
        state.pins = try Pins.all(reader)
        var last: [Lane] = []
        for entry in try reader.list("lanes") {
            let (lane, laneState) = try LaneState.decode(entry)
            state.lanes[lane] = laneState
            if entry.value("last")?.bool == true { last.append(lane) }
        }
        var settings: [RunSettings.Key: RunSettings] = [:]
        for entry in reader.value("settings") == nil ? [] : try reader.list("settings") {
            guard let definition = entry.value("definition")?.object else { throw SnapshotReader.damaged("settings") }
            // One that this version cannot read is as one that is not known.
            guard let known = RunSettings(definition, name: try entry.string("trigger")) else { continue }
            settings[known.key] = known
        }
        for entry in try reader.list("live") { state.live.append(try state.take(entry, settings)) }
        for entry in try reader.list("finished") { state.finished.append(try state.take(entry, settings)) }
        if version ?? 1 < 5 { state.findSequences() }
        if version ?? 1 < 6 { state.findOutcomes() }
        state.findPlaces(last)
        // The log's beginning may be archived, so the rest of the first version is needed; what was scanned is scanned again.
        var scans = version == nil ? ScanTable() : try ScanTable(try reader.list("scans"))
        scans.pass(sequence)
        return (state, scans)
    }

    /// - Parameter last: the lanes with the last success of their places. Earlier versions did not say: then it is that of the latest time.
    private mutating func findPlaces(_ last: [Lane]) {
        for (lane, state) in lanes where state.lastStarted != nil { places[lane.place, default: PlaceState()].triggers.insert(lane.trigger) }
        let successful = lanes.filter { !$0.value.successes.isEmpty }
        for (lane, _) in successful.sorted(by: { ($0.value.successes.last?.at ?? 0, $0.key.trigger) < ($1.value.successes.last?.at ?? 0, $1.key.trigger) }) {
            note(lane)
        }
        for lane in last where successful[lane] != nil { note(lane) }
    }

    /// The order of what lanes did, which earlier versions did not save, as far as deployments still tell it.
    private mutating func findSequences() {
        func sequence(_ step: String, _ id: String) -> UInt64 {
            deployments[id]?.transitions.last { $0.step == step }?.sequence ?? 0
        }
        for (lane, state) in lanes {
            if let id = state.lastStarted { lanes[lane]?.startedAt = sequence("started", id) }
            for (index, success) in state.successes.enumerated() {
                lanes[lane]?.successes[index].sequence = sequence("succeeded", success.deployment)
            }
        }
    }

    /// Which target successes went to, and what failed, which earlier versions did not save, as far as deployments still tell it.
    private mutating func findOutcomes() {
        for lane in lanes.keys {
            for (index, success) in (lanes[lane]?.successes ?? []).enumerated() {
                lanes[lane]?.successes[index].target = success.target ?? deployments[success.deployment]?.target
            }
        }
        for deployment in finished.compactMap({ deployments[$0] }) where deployment.attempt > 0 && deployment.state != .succeeded {
            guard let known = lanes[deployment.lane], !known.successes.contains(where: { $0.version.digest == deployment.version.digest }),
                !known.failures.contains(where: { $0.digest == deployment.version.digest })
            else { continue }
            let failure = Failure(digest: deployment.version.digest, target: deployment.target)
            lanes[deployment.lane]?.failures = (known.failures + [failure]).suffix(Success.limit)
        }
    }

    private mutating func take(
        _ reader: SnapshotReader, _ settings: [RunSettings.Key: RunSettings]
    ) throws(EventError) -> String {
        let deployment = try Deployment(reader, settings)
        deployments[deployment.id] = deployment
        return deployment.id
    }
}

extension Lane {
    fileprivate var order: String { "\(environment)\n\(trigger)\n\(repository)" }
}

/// The members of an object of a snapshot; what is missing or of another kind is damage.
struct SnapshotReader {
    private let object: JSONObject

    init(_ value: JSONValue) throws(EventError) {
        guard let object = value.object else { throw Self.damaged("an object") }
        self.object = object
    }

    static func damaged(_ what: String) -> EventError {
        EventError(.malformed, "the snapshot of the deployments is damaged at \(what)")
    }

    func value(_ key: String) -> JSONValue? { object[key] }

    func int(_ key: String) throws(EventError) -> Int64 {
        guard let value = object[key]?.int else { throw Self.damaged(key) }
        return value
    }

    func count(_ key: String) throws(EventError) -> Int {
        guard let value = Int(exactly: try int(key)) else { throw Self.damaged(key) }
        return value
    }

    func optionalInt(_ key: String) throws(EventError) -> Int64? { object[key] == nil ? nil : try int(key) }

    func sequence(_ key: String) throws(EventError) -> UInt64 {
        guard case .number(let number)? = object[key], let value = UInt64(number.text) else { throw Self.damaged(key) }
        return value
    }

    func optionalSequence(_ key: String) throws(EventError) -> UInt64? { object[key] == nil ? nil : try sequence(key) }

    func string(_ key: String) throws(EventError) -> String {
        guard let value = object[key]?.string else { throw Self.damaged(key) }
        return value
    }

    func optionalString(_ key: String) throws(EventError) -> String? { object[key] == nil ? nil : try string(key) }

    func bool(_ key: String) throws(EventError) -> Bool {
        guard let value = object[key]?.bool else { throw Self.damaged(key) }
        return value
    }

    func parsed<T: LosslessStringConvertible>(_ key: String, as type: T.Type = T.self) throws(EventError) -> T {
        guard let value = T(try string(key)) else { throw Self.damaged(key) }
        return value
    }

    func object(_ key: String) throws(EventError) -> SnapshotReader {
        guard let value = object[key] else { throw Self.damaged(key) }
        return try SnapshotReader(value)
    }

    func list(_ key: String) throws(EventError) -> [SnapshotReader] {
        guard let array = object[key]?.array else { throw Self.damaged(key) }
        var list: [SnapshotReader] = []
        for element in array { list.append(try SnapshotReader(element)) }
        return list
    }

    func strings(_ key: String) throws(EventError) -> [String] {
        guard let array = object[key]?.array else { throw Self.damaged(key) }
        return array.compactMap(\.string)
    }

    func members(_ key: String) throws(EventError) -> [(String, SnapshotReader)] {
        guard let members = object[key]?.object?.members else { throw Self.damaged(key) }
        var list: [(String, SnapshotReader)] = []
        for member in members { list.append((member.key, try SnapshotReader(member.value))) }
        return list
    }
}

import Events
import OCI

extension RegistryState {
    /// Reads a snapshot.
    /// - Throws: where it is not whole or of another version. The log has everything in it too.
    package init(snapshot bytes: [UInt8]) throws(RegistryError) {
        do {
            self = try Self.decode(bytes)
        } catch {
            throw .damaged("the snapshot of the registry cannot be read")
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(SnapshotReader.Damaged) -> RegistryState {
        var reader = SnapshotReader(bytes)
        try reader.expect(RegistrySnapshot.magic)
        guard try reader.number() == RegistrySnapshot.version else { throw SnapshotReader.Damaged() }
        var state = RegistryState()
        state.sequence = try reader.number()
        state.hasGaps = try reader.number() & RegistrySnapshot.gapsFlag != 0
        for _ in 0..<(try reader.count()) {
            let settings = try guardSettings(&reader)
            state.guards.set(settings.name, Guard(settings))
        }
        let types = try reader.texts().map { MediaType($0) }
        var names: [RepositoryName] = []
        var repositories: [RepositoryState] = []
        for _ in 0..<(try reader.count()) {
            guard let name = RepositoryName(try reader.text()) else { throw SnapshotReader.Damaged() }
            if let last = names.last, last >= name { throw SnapshotReader.Damaged() }
            names.append(name)
            var decoder = RepositoryDecoder(types: types)
            repositories.append(try decoder.decode(&reader))
        }
        guard reader.isAtEnd else { throw SnapshotReader.Damaged() }
        state.repositories = SortedMap(sortedKeys: names, values: repositories)
        return state
    }

    private static func guardSettings(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) -> GuardSettings {
        let name = try reader.text()
        let repositories = try reader.texts()
        let tags = try reader.texts()
        let except = try reader.texts()
        var protect: [Protection] = []
        for text in try reader.texts() {
            guard let protection = Protection(rawValue: text) else { throw SnapshotReader.Damaged() }
            protect.append(protection)
        }
        return GuardSettings(name: name, repositories: repositories, tags: tags, except: except, protect: protect)
    }
}

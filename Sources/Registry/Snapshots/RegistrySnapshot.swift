import Events
import OCI

/// A state at one moment, to be written to disk while the registry goes on.
///
///     magic "signalbox registry\n", version
///     sequence, flags
///     guards: [name, repositories, tags, except, protect]
///     media and artifact types: [text]
///     repositories: [name, digests in order, manifests, tags]
///
/// Inside a repository a digest is its place in the list of digests. What follows from manifests and tags is not written.
package struct RegistrySnapshot: Sendable {
    let state: RegistryState

    /// The last record that is in it: replay goes on after that.
    package var sequence: UInt64 { state.sequence }

    static let magic = Array("signalbox registry\n".utf8)
    static let version: UInt64 = 1
    static let gapsFlag: UInt64 = 1

    /// Takes time with the size of the state: call it off the event loop.
    package func encode() -> [UInt8] {
        var writer = SnapshotWriter()
        writer.raw(Self.magic)
        writer.number(Self.version)
        writer.number(state.sequence)
        writer.number(state.hasGaps ? Self.gapsFlag : 0)
        writer.count(state.guards.count)
        state.guards.forEach { _, rule in Self.encode(rule.settings, &writer) }
        let types = TypeTable(state)
        writer.texts(types.texts)
        writer.count(state.repositories.count)
        state.repositories.forEach { name, repository in
            writer.text(name.text)
            RepositoryEncoder(repository, types).encode(into: &writer)
        }
        return writer.bytes
    }

    private static func encode(_ settings: GuardSettings, _ writer: inout SnapshotWriter) {
        writer.text(settings.name)
        writer.texts(settings.repositories)
        writer.texts(settings.tags)
        writer.texts(settings.except)
        writer.texts(settings.protect.map(\.rawValue))
    }
}

extension Registry {
    /// Takes a moment, whatever the size of the state.
    /// - Parameter sequence: a record up to which everything was folded in, the records of others included, so that a
    ///   start need not read those again.
    package func snapshot(through sequence: UInt64 = 0) -> RegistrySnapshot {
        var state = ledger.durable
        state.sequence = max(state.sequence, sequence)
        return RegistrySnapshot(state: state)
    }
}

/// The few texts that many manifests share, each written once. Place 0 means none.
struct TypeTable {
    private(set) var texts: [String] = []
    private var places: [String: UInt64] = [:]

    init(_ state: RegistryState) {
        state.repositories.forEach { _, repository in
            repository.manifests.forEach { _, entry in
                add(entry.mediaType.text)
                if let type = entry.artifactType { add(type) }
            }
        }
    }

    private mutating func add(_ text: String) {
        guard places[text] == nil else { return }
        texts.append(text)
        places[text] = UInt64(texts.count)
    }

    func place(of text: String?) -> UInt64 { text.flatMap { places[$0] } ?? 0 }
}

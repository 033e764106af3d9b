import Events
package import OCI

/// What holds triggers back from an environment: pins of all that goes there, and of single services.
package struct Pins: Sendable, Hashable {
    package internal(set) var all: [Pin] = []

    package struct Pin: Sendable, Hashable {
        /// Nil where nothing is to go to the environment.
        package var service: Service?
        package var reason: String
        /// What failed or was rolled back since it was pinned, in that order, and must not be deployed again.
        package var digests: [Digest] = []
        package var time: Int64
        package var actor: String

        /// How many are remembered.
        static let limit = 1_000

        func covers(_ other: Service) -> Bool { service?.overlaps(other) ?? true }

        fileprivate mutating func keepOut(_ others: [Digest]) {
            for digest in others where !digests.contains(digest) { digests.append(digest) }
        }
    }

    /// Of all pins, each once.
    package var digests: [Digest] {
        var seen: Set<Digest> = []
        return all.flatMap(\.digests).filter { seen.insert($0).inserted }
    }

    /// The one of the last time.
    package var last: Pin? { all.last }

    /// Those that hold a service.
    func covering(_ service: Service) -> [Pin] { all.filter { $0.covers(service) } }

    /// Another rollback forgets nothing: what was bad first is still bad, unless somebody wants just that.
    mutating func pin(_ change: EnvironmentChange, time: Int64, actor: String) {
        var pin = Pin(service: change.service.map { Service(change.environment, $0) }, reason: change.reason, time: time, actor: actor)
        var others: [Pin] = []
        for var other in all {
            if pin.service.map(other.covers) ?? true { other.digests.removeAll { $0 == change.lifted } }
            switch (pin.service, other.service) {
            case (let service?, let known?) where service.overlaps(known):
                pin.service?.formUnion(known)
                pin.keepOut(other.digests)
            case (nil, nil): pin.keepOut(other.digests)
            default: others.append(other)
            }
        }
        if let digest = change.digest, pin.digests.count < Pin.limit { pin.keepOut([digest]) }
        all = others + [pin]
    }

    /// - Parameter service: nil where all of the environment is unpinned.
    mutating func unpin(_ service: Service?) {
        guard let service else { return all = [] }
        all.removeAll { $0.service?.overlaps(service) ?? false }
    }
}

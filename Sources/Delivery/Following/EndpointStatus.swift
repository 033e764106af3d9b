import IO
import Synchronization

/// How a webhook is doing, for operators.
package struct EndpointStatus: Sendable {
    /// All records up to here were looked at: done, not for this webhook, or open.
    package var position: UInt64
    /// It gets records as they come; else it reads the log by itself.
    package var isLive: Bool
    /// Deliveries that have begun and are not done.
    package var open: Int
    package var inFlight: Int
    /// Those of them that wait for an earlier one of their repository, and the first that others wait for.
    package var blocked: Int
    package var blocking: [Blocking]
    /// Repositories of which more waits than is counted in `blocked`: in the log, behind what is open of theirs.
    package var parked: Int
    package var delivered: UInt64
    package var dead: UInt64
    /// In a row.
    package var failures: Int
    package var isFailing: Bool
    /// The first failure since the last success; Unix milliseconds.
    package var failingSince: Int64?
    /// The receiver asked to be left alone until then; Unix milliseconds.
    package var pausedUntil: Int64?
    package var lastAttempt: LastAttempt?
    package var replay: Job?
    package var redelivery: Job?

    package struct Blocking: Sendable {
        package let sequence: UInt64
        package let id: String?
        package let attempts: Int
        package let due: Int64
    }

    package struct LastAttempt: Sendable {
        /// Unix milliseconds.
        package let time: Int64
        package let sequence: UInt64
        package let outcome: AttemptOutcome
    }

    /// A way through a log that somebody asked for.
    package struct Job: Sendable {
        package let after: UInt64
        package let through: UInt64
        package let position: UInt64
    }
}

extension Endpoint {
    var publicKey: String? { core.withLock { $0.setup?.publicKey } }

    var status: EndpointStatus {
        let now = Wall.milliseconds
        return core.withLock { core in
            EndpointStatus(
                position: core.position(done: services.feed.done), isLive: core.isLive, open: core.open.count,
                inFlight: core.open.requestsUnderWay, blocked: core.open.blockedCount,
                blocking: core.open.blocking.prefix(10).map {
                    EndpointStatus.Blocking(
                        sequence: $0.sequence, id: $0.first == 0 ? nil : DeliveryID.text($0.first), attempts: $0.attempts, due: $0.due)
                },
                parked: core.parked.count, delivered: core.delivered, dead: core.dead, failures: core.open.circuit.failures,
                isFailing: core.open.circuit.isFailing, failingSince: core.open.circuit.failingSince,
                pausedUntil: core.open.circuit.pauseEnd > now ? core.open.circuit.pauseEnd : nil,
                lastAttempt: core.lastAttempt.map {
                    EndpointStatus.LastAttempt(
                        time: $0.time, sequence: $0.sequence, outcome: $0.status == 0 ? .failed($0.error) : .answered($0.status))
                },
                replay: core.replay.map { EndpointStatus.Job(after: $0.after, through: $0.through, position: $0.position) },
                redelivery: core.failed.map { EndpointStatus.Job(after: $0.after, through: $0.through, position: $0.position) })
        }
    }
}

/// A delivery's name: the number of its first record in the delivery log.
enum DeliveryID {
    private static let prefix = "dl_"

    static func text(_ number: UInt64) -> String { prefix + String(number) }

    static func number(_ text: String) -> UInt64? {
        guard text.hasPrefix(prefix) else { return nil }
        return UInt64(text.dropFirst(prefix.count)).flatMap { $0 == 0 ? nil : $0 }
    }
}

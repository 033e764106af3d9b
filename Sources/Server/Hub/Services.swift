import Audit
import Delivery
import Deployment
import EventLog
import HTTP
import IO
import Registry

/// The parts of a running hub that answer requests.
struct Services: Sendable {
    let configuration: Configuration
    let host: String
    let log: EventLog
    let audit: AuditLog
    /// Nil where pulls are not recorded and never were.
    let pulls: PullLog?
    let journal: EventJournal
    let registry: Registry
    let blobs: BlobStore
    let webhooks: Webhooks
    let deployments: DeploymentEngine
    let pool: BlockingPool
    /// For questions to the log, some of which read much of it: whoever asks waits for others who ask, and no push for any of them.
    let questions: BlockingPool
    let notary: Notary
    let witness: Witness?
    /// The hub's folder.
    let data: String

    /// The log that a question is about.
    func log(for search: EventSearch) throws(Problem) -> AuditLog {
        guard search.isAboutPulls else { return audit }
        guard let pulls else {
            throw Problem(.notFound, "not-found", "pulls are not recorded: the setting audit.pulls is off", pointer: "type")
        }
        return pulls.audit
    }

    /// Where the records after one are read. Who follows the log and is near its end reads what just came, and waits for nobody who reads much.
    func readers(of audit: AuditLog, after position: UInt64) -> BlockingPool {
        position &+ Self.nearRecords >= audit.log.durableSequence ? pool : questions
    }

    private static let nearRecords: UInt64 = 256
}

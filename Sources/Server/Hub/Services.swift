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
    let registry: Registry
    let blobs: BlobStore
    let webhooks: Webhooks
    let deployments: DeploymentEngine
    let pool: BlockingPool
}

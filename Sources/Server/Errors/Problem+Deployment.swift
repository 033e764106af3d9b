import Deployment
import HTTP

extension Problem {
    init(_ error: DeploymentError) {
        let (status, type): (HTTPStatus, String) = switch error.code {
        case .invalid: (.badRequest, "invalid")
        case .denied: (.forbidden, "denied")
        case .notFound: (.notFound, "not-found")
        case .conflict: (.conflict, "conflict")
        case .tooMany: (.conflict, "too-many")
        case .unavailable: (.serviceUnavailable, "unavailable")
        case .damaged: (.internalServerError, "damaged")
        }
        self.init(status, type, error.message, pointer: error.pointer)
    }
}

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

extension Problem {
    /// A query parameter that is not known, or has a wrong value.
    static func parameter(_ item: QueryItem, _ reason: String) -> Problem {
        Problem(.badRequest, "invalid", "\"\(item.name)\" \(reason)", pointer: item.name)
    }
}

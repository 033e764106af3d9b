/// The answer of a policy, with its reason as a clause that can stand by itself ("v9.0.0 is older than v10.0.0, which is deployed").
package enum PolicyVerdict: Sendable, Hashable, CustomStringConvertible {
    case yes(String)
    case no(String)

    package var isYes: Bool {
        if case .yes = self { true } else { false }
    }

    package var reason: String {
        switch self {
        case .yes(let reason), .no(let reason): reason
        }
    }

    package var description: String { "\(isYes ? "yes" : "no"): \(reason)" }
}

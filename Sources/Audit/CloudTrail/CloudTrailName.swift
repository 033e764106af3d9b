import Events

/// What CloudTrail would call an event: the service and its action. What ECR has an action for gets that name; all else is named after its type.
package struct CloudTrailName: Sendable, Equatable {
    package let source: String
    package let name: String
    /// Why it was refused, as AWS says it; nil where it was not.
    package var error: String?
    package var isReadOnly = false

    static let registry = "ecr.amazonaws.com"
    static let own = "signalbox.dev"

    /// - Parameter action: `data.action` of a refusal.
    package init(type: String, action: String?) {
        switch type {
        case "io.signalbox.image.pushed": (source, name) = (Self.registry, "PutImage")
        case "io.signalbox.image.deleted": (source, name) = (Self.registry, "BatchDeleteImage")
        case "io.signalbox.image.scanned": (source, name) = (Self.registry, "StartImageScan")
        case "io.signalbox.image.pulled": (source, name, isReadOnly) = (Self.registry, "BatchGetImage", true)
        case "io.signalbox.repository.created": (source, name) = (Self.registry, "CreateRepository")
        case "io.signalbox.repository.deleted": (source, name) = (Self.registry, "DeleteRepository")
        case "io.signalbox.tag.rejected":
            (source, name) = (Self.registry, action == "delete" ? "BatchDeleteImage" : "PutImage")
            error = action == "delete" ? "AccessDeniedException" : "ImageTagAlreadyExistsException"
        default:
            source = Self.own
            name = Self.ownName(type)
            if Outcome(type: type) == .refused { error = "AccessDeniedException" }
        }
    }

    /// `CreateWebhook` of `io.signalbox.webhook.created`, `DeploymentSucceeded` of `io.signalbox.deployment.succeeded`.
    private static func ownName(_ type: String) -> String {
        let parts = type.split(separator: ".")
        guard let verb = parts.last, let noun = parts.dropLast().last else { return type }
        let actions = ["created": "Create", "updated": "Update", "deleted": "Delete", "disabled": "Disable", "paused": "Pause", "resumed": "Resume"]
        if let action = actions[String(verb)] { return action + capitalized(noun) }
        return capitalized(noun) + capitalized(verb)
    }

    private static func capitalized(_ word: Substring) -> String {
        word.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// The types that can have a name or source; nil where that cannot be told from the type alone.
    static func types(where isMeant: (CloudTrailName) -> Bool) -> [String] {
        (EventType.allCases.map(\.rawValue) + ["io.signalbox.image.pulled"]).filter { type in
            ["overwrite", "delete"].contains { isMeant(CloudTrailName(type: type, action: $0)) }
        }
    }
}

/// The types of events. A log may hold types of a later version: whoever folds it passes over what it does not know.
package enum EventType: String, Sendable, CaseIterable {
    case imagePushed = "io.signalbox.image.pushed"
    case imageDeleted = "io.signalbox.image.deleted"
    case tagRejected = "io.signalbox.tag.rejected"
    case repositoryCreated = "io.signalbox.repository.created"
    case guardCreated = "io.signalbox.guard.created"
    case guardUpdated = "io.signalbox.guard.updated"
    case guardDeleted = "io.signalbox.guard.deleted"
    case webhookCreated = "io.signalbox.webhook.created"
    case webhookUpdated = "io.signalbox.webhook.updated"
    case webhookDeleted = "io.signalbox.webhook.deleted"
    case webhookDisabled = "io.signalbox.webhook.disabled"
}

package import OCI

/// Something that changed, or that was refused: one record of the log. Its sequence and time are the log's, given when it
/// is written.
package struct Event: Hashable, Sendable {
    package let id: EventID
    /// The host of this registry, as clients name it.
    package let registry: String
    package let context: EventContext
    package let payload: Payload

    package enum Payload: Hashable, Sendable {
        case imagePushed(ImageChange)
        case imageDeleted(ImageChange)
        case imageScanned(ImageScan)
        case tagRejected(TagRejection)
        case blobDeleted(BlobDeletion)
        case accessDenied(AccessDenial)
        case repositoryCreated(RepositoryName)
        case guardCreated(GuardSettings)
        case guardUpdated(GuardSettings, previous: GuardSettings?)
        case guardDeleted(GuardSettings)
        case webhookCreated(WebhookSettings)
        case webhookUpdated(WebhookSettings)
        case webhookDeleted(WebhookSettings)
        /// The hub gave up on its receiver; the text says why.
        case webhookDisabled(WebhookSettings, reason: String)
        /// Records left the log that its receiver had not got.
        case webhookSkipped(WebhookSettings, WebhookGap)
        case trigger(TriggerChange)
        case deployment(DeploymentChange)
        case environment(EnvironmentChange)
        /// Personal data was taken out of another record.
        case recordRedacted(RedactionNotice)
        /// The log goes on from a backup, as another one.
        case logRestored(RestoreNotice)
        /// A segment leaves the log for the archive.
        case segmentArchived(ArchiveNotice)
        /// Another key signs the log's checkpoints.
        case keyRotated(KeyNotice)
        /// Damage in the log was repaired, as far as that can be.
        case logRepaired(RepairNotice)
        /// The hub started with another setting.
        case settingChanged(SettingChange)
        /// Somebody made a webhook send again, or stop it.
        case deliveryRequested(DeliveryCommand)
        /// What this hub saw of another log as its witness.
        case witness(WitnessNotice)
    }

    package init(id: EventID, registry: String, context: EventContext, payload: Payload) {
        self.id = id
        self.registry = registry
        self.context = context
        self.payload = payload
    }
}

extension Event.Payload {
    package var type: EventType {
        switch self {
        case .imagePushed: .imagePushed
        case .imageDeleted: .imageDeleted
        case .imageScanned: .imageScanned
        case .tagRejected: .tagRejected
        case .blobDeleted: .blobDeleted
        case .accessDenied: .accessDenied
        case .repositoryCreated: .repositoryCreated
        case .guardCreated: .guardCreated
        case .guardUpdated: .guardUpdated
        case .guardDeleted: .guardDeleted
        case .webhookCreated: .webhookCreated
        case .webhookUpdated: .webhookUpdated
        case .webhookDeleted: .webhookDeleted
        case .webhookDisabled: .webhookDisabled
        case .webhookSkipped: .webhookSkipped
        case .trigger(let change): change.type
        case .deployment(let change): change.type
        case .environment(let change): change.type
        case .recordRedacted: .recordRedacted
        case .logRestored: .logRestored
        case .segmentArchived: .segmentArchived
        case .keyRotated: .keyRotated
        case .logRepaired: .logRepaired
        case .settingChanged: .settingChanged
        case .deliveryRequested: .deliveryRequested
        case .witness(let notice): notice.type
        }
    }

    /// What the event is about, in one line.
    package var subject: String {
        switch self {
        case .imagePushed(let change), .imageDeleted(let change): change.eventSubject
        case .imageScanned(let scan): scan.eventSubject
        case .tagRejected(let rejection): rejection.eventSubject
        case .blobDeleted(let deletion): "\(deletion.repository)@\(deletion.digest)"
        case .accessDenied(let denial): denial.path
        case .repositoryCreated(let name): name.text
        case .guardCreated(let settings), .guardUpdated(let settings, previous: _), .guardDeleted(let settings):
            "guards/\(settings.name)"
        case .webhookCreated(let settings), .webhookUpdated(let settings), .webhookDeleted(let settings),
            .webhookDisabled(let settings, reason: _), .webhookSkipped(let settings, _):
            "webhooks/\(settings.id)"
        case .trigger(let change): "triggers/\(change.name)"
        case .deployment(let change): change.eventSubject
        case .environment(let change): "environments/\(change.environment)"
        case .recordRedacted(let notice): "records/\(notice.record)"
        case .logRestored(let notice): "records/\(notice.size)"
        case .segmentArchived(let notice): "records/\(notice.from)-\(notice.through)"
        case .keyRotated(let notice): "keys/\(notice.origin)"
        case .logRepaired: "log"
        case .settingChanged(let change): change.setting
        case .deliveryRequested(let request): "webhooks/\(request.webhook)"
        case .witness(let notice): "logs/\(notice.origin)"
        }
    }
}

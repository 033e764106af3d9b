package import JSON
import OCI

extension Event {
    /// Reads a record of the log. Fields that a later version adds are passed over; a field that is missing or wrong is
    /// an error, as the fold must not guess.
    package init(decoding body: [UInt8]) throws(EventError) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(body)
        } catch {
            throw EventError(.malformed, "the record is \(error)")
        }
        try self.init(value)
    }

    /// Reads a record that was parsed already.
    package init(_ value: JSONValue) throws(EventError) {
        let envelope = try Fields(value, path: "event")
        guard try envelope.string("specversion") == "1.0" else {
            throw envelope.wrong("specversion", "is not 1.0")
        }
        let typeText = try envelope.string("type")
        guard let type = EventType(rawValue: typeText) else {
            throw EventError(.unknownType, "the event's type \(typeText) is not known to this version")
        }
        let data = try envelope.fields("data")
        self.init(
            id: try envelope.parsed("id"), registry: try data.string("registry"), context: try EventContext(data),
            payload: try Payload(type, data))
    }
}

extension Event.Payload {
    fileprivate init(_ type: EventType, _ data: Fields) throws(EventError) {
        switch type {
        case .imagePushed: self = .imagePushed(try ImageChange(data))
        case .imageDeleted: self = .imageDeleted(try ImageChange(data))
        case .imageScanned: self = .imageScanned(try ImageScan(data))
        case .tagRejected: self = .tagRejected(try TagRejection(data))
        case .blobDeleted: self = .blobDeleted(try BlobDeletion(data))
        case .accessDenied: self = .accessDenied(try AccessDenial(data))
        case .repositoryCreated: self = .repositoryCreated(try data.parsed("repository"))
        case .guardCreated: self = .guardCreated(try GuardSettings(try data.fields("guard")))
        case .guardUpdated:
            // Records of earlier versions do not say what was there before.
            let previous = data.value("previous") == nil ? nil : try GuardSettings(try data.fields("previous"))
            self = .guardUpdated(try GuardSettings(try data.fields("guard")), previous: previous)
        case .guardDeleted: self = .guardDeleted(try GuardSettings(try data.fields("guard")))
        case .webhookCreated: self = .webhookCreated(try WebhookSettings(try data.fields("webhook")))
        case .webhookUpdated: self = .webhookUpdated(try WebhookSettings(try data.fields("webhook")))
        case .webhookDeleted: self = .webhookDeleted(try WebhookSettings(try data.fields("webhook")))
        case .webhookDisabled:
            self = .webhookDisabled(
                try WebhookSettings(try data.fields("webhook")), reason: try data.string("reason"))
        case .webhookSkipped:
            self = .webhookSkipped(
                try WebhookSettings(try data.fields("webhook")), try WebhookGap(try data.fields("skipped")))
        case .triggerCreated: self = .trigger(try TriggerChange(.created, data))
        case .triggerUpdated: self = .trigger(try TriggerChange(.updated, data))
        case .triggerDeleted: self = .trigger(try TriggerChange(.deleted, data))
        case .triggerPaused: self = .trigger(try TriggerChange(.paused, data))
        case .triggerResumed: self = .trigger(try TriggerChange(.resumed, data))
        case .deploymentCreated, .deploymentWaiting, .deploymentReady, .deploymentApproved, .deploymentRejected,
            .deploymentStarted, .deploymentSucceeded, .deploymentFailed, .deploymentSuperseded, .deploymentCancelled,
            .deploymentInterrupted, .deploymentRetried, .deploymentRolledBack:
            self = .deployment(try DeploymentChange(type, data))
        case .environmentPinned: self = .environment(try EnvironmentChange(.pinned, data))
        case .environmentUnpinned: self = .environment(try EnvironmentChange(.unpinned, data))
        case .recordRedacted: self = .recordRedacted(try RedactionNotice(data))
        case .logRestored: self = .logRestored(try RestoreNotice(data))
        case .segmentArchived: self = .segmentArchived(try ArchiveNotice(data))
        case .keyRotated: self = .keyRotated(try KeyNotice(data))
        case .logRepaired: self = .logRepaired(try RepairNotice(data))
        case .settingChanged: self = .settingChanged(try SettingChange(data))
        case .deliveryRequested: self = .deliveryRequested(try DeliveryCommand(data))
        case .witnessBegan: self = .witness(try WitnessNotice(.began, data))
        case .witnessRefused: self = .witness(try WitnessNotice(.refused, data))
        }
    }
}

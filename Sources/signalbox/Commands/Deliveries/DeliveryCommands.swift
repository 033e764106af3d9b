extension Command {
    /// What is about webhooks and what was sent to them.
    static let aboutWebhooks: [Command] = [
        .webhookAdd, .webhookList, .webhookShow, .webhookUpdate, .webhookPause, .webhookResume, .webhookRotate, .webhookTest,
        .webhookReplay, .webhookDryRun, .webhookRemove, .deliveriesList, .deliveriesShow, .deliveriesResend, .deliveriesCancel,
    ]
}

import Events
import OCI

extension SlackMessage {
    /// What happened, in a line or two.
    init(_ document: EventDocument) {
        self.init()
        switch document.event.payload {
        case .imagePushed(let change): pushed(change, document)
        case .imageDeleted(let change):
            bold(change.tag == nil ? "Deleted" : "Removed tag")
            image(change.repository, change.tag?.text, change.digest)
        case .imageScanned(let scan): scanned(scan)
        case .tagRejected(let rejection): rejected(rejection)
        case .blobDeleted(let deletion):
            bold("Deleted blob")
            image(deletion.repository, nil, deletion.digest)
        case .accessDenied(let denial): about("Refused \(denial.method)", denial.path, denial.reason.rawValue)
        case .repositoryCreated(let name): about("New repository", name.text)
        case .guardCreated(let guardSettings): about("New guard", guardSettings.name)
        case .guardUpdated(let guardSettings, previous: _): about("Changed guard", guardSettings.name)
        case .guardDeleted(let guardSettings): about("Removed guard", guardSettings.name)
        // Not the URL: those of chats and pipelines are secrets often enough.
        case .webhookCreated(let settings): about("New webhook", settings.id)
        case .webhookUpdated(let settings): about("Changed webhook", settings.id)
        case .webhookDeleted(let settings): about("Removed webhook", settings.id)
        case .webhookDisabled(let settings, let reason): about("Disabled webhook", settings.id, reason)
        case .webhookSkipped(let settings, let gap):
            about("Webhook skipped \(gap.events) \(gap.events == 1 ? "event" : "events")", settings.id, "records \(gap.from) to \(gap.through) left the log")
        case .trigger(let change): about("Trigger \(change.kind.rawValue)", change.name)
        case .deployment(let change): deployment(change)
        case .environment(let change): about("Environment \(change.kind.rawValue)", change.environment, change.reason)
        case .recordRedacted(let notice): about("Redacted record", String(notice.record), notice.reason)
        case .logRestored(let notice): about("Restored to record", String(notice.size), notice.reason)
        case .segmentArchived(let notice): about("Archived records", "\(notice.from) to \(notice.through)")
        case .keyRotated(let notice): about("New key for the checkpoints of", notice.origin)
        case .logRepaired(let notice): about("Repaired the log", notice.steps.first ?? "", notice.steps.count > 1 ? "and \(notice.steps.count - 1) more" : nil)
        case .settingChanged(let change): about("Setting \(change.kind.rawValue)", change.setting)
        case .deliveryRequested(let request): about("Asked of a webhook: \(request.action.rawValue)", request.webhook)
        case .witness(let notice): about(notice.kind == .began ? "Witness of" : "As witness, refused to sign", notice.origin)
        }
        code(document.actor, before: "\nby ")
        code(document.event.registry, before: " at ")
    }

    private mutating func about(_ what: String, _ name: String, _ reason: String? = nil) {
        bold(what)
        code(name)
        if let reason { code(reason, before: ": ") }
    }

    private mutating func image(_ repository: RepositoryName, _ tag: String?, _ digest: Digest?, before: String = " ") {
        code(tag.map { "\(repository):\($0)" } ?? repository.text, before: before)
        if let digest { self.digest(digest.description) }
    }

    private mutating func pushed(_ change: ImageChange, _ document: EventDocument) {
        bold("Pushed")
        image(change.repository, change.tag?.text, change.digest)
        if let previous = change.previousDigest { digest(previous.description, before: ", was ") }
        if !change.platforms.isEmpty {
            code(change.platforms.prefix(10).joined(separator: ", "), before: "\nfor ")
            if change.platforms.count > 10 { plain(" and \(change.platforms.count - 10) more") }
        }
    }

    private mutating func scanned(_ scan: ImageScan) {
        bold("Scanned")
        image(scan.repository, scan.tags.first?.text, scan.digest)
        code(scan.summary.scanner, before: " with ")
        let counts = scan.summary.counts
        let found = Severity.allCases.reversed().filter { counts[$0] > 0 }.map { "\(counts[$0]) \($0.rawValue)" }
        plain(": " + (found.isEmpty ? "no findings" : found.joined(separator: ", ")))
        if let fixable = scan.summary.fixable, fixable > 0 { plain(" (\(fixable) fixable)") }
    }

    private mutating func rejected(_ rejection: TagRejection) {
        bold(rejection.action == .overwrite ? "Refused to move" : "Refused to remove")
        image(rejection.repository, rejection.tag?.text, rejection.currentDigest)
        if let attempted = rejection.attemptedDigest { digest(attempted.description, before: " to ") }
        code(rejection.rule, before: ": guard ")
        plain(" (\(rejection.reason.rawValue))")
    }

    private mutating func deployment(_ change: DeploymentChange) {
        let (word, reason) = change.step.summary
        bold("Deployment \(word)")
        image(change.repository, change.tag, change.digest, before: " of ")
        code(change.environment, before: " to ")
        code(change.id, before: " (")
        plain(")")
        code(reason ?? "", before: ": ")
    }
}

extension DeploymentChange.Step {
    fileprivate var summary: (word: String, reason: String?) {
        switch self {
        case .created(let creation): ("created", creation.reason)
        case .waiting(let reasons): ("waiting", reasons.reason)
        case .ready: ("ready", nil)
        case .approved(let approval): ("approved", approval.comment)
        case .rejected(let approval): ("rejected", approval.comment)
        case .started(let attempt, _, _): ("started", attempt > 1 ? "attempt \(attempt)" : nil)
        case .succeeded(let result): ("succeeded", result.reason)
        case .failed(let result, let retryAt): (retryAt == nil ? "failed" : "failed, will be retried", result.reason)
        case .superseded(_, let reason): ("superseded", reason)
        case .cancelled(let reason): ("cancelled", reason)
        case .interrupted(_, let reason): ("interrupted", reason)
        case .retried: ("retried", nil)
        case .rolledBack(let by): ("rolled back", "by \(by)")
        }
    }
}

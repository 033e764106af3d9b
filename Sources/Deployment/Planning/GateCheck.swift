import Events
import OCI

/// What one gate says about one deployment now.
struct GateCheck: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case open(String)
        /// - Parameter until: when to look again though nothing happens, Unix milliseconds.
        case held(String, until: Int64?)
        /// It will not open any more.
        case refused(String)
    }

    let gate: String
    let outcome: Outcome

    var reason: String {
        switch outcome {
        case .open(let reason), .held(let reason, _), .refused(let reason): reason
        }
    }

    var isOpen: Bool { if case .open = outcome { true } else { false } }

    var isRefused: Bool { if case .refused = outcome { true } else { false } }

    /// Whether it is about the image: the others hold every image of a trigger alike.
    var isOfImage: Bool { ["approval", "scan", "promotion", "soak"].contains(gate) }
}

extension [GateCheck] {
    /// The image has passed them: what is not open yet holds every image of the trigger alike.
    var letImagePass: Bool { allSatisfy { $0.isOpen || !$0.isOfImage } }
}

extension Situation {
    /// Whether something that waits may yet be rejected, or have a bad scan: it is no reason to leave out an older image.
    /// - Parameter underWay: of this situation.
    func mayNeverRun(_ deployment: Deployment, _ underWay: Promotion.UnderWay) -> Bool {
        guard deployment.state.isQueued, !deployment.isHalfDone, let trigger = runTrigger(deployment) else { return false }
        return !gates(of: deployment, trigger, underWay).letImagePass
    }

    /// All gates of a deployment, in the order in which they are told. A rollback has none: it is there to end an outage.
    /// - Parameter underWay: of this situation.
    func gates(of deployment: Deployment, _ trigger: Trigger, _ underWay: Promotion.UnderWay) -> [GateCheck] {
        guard deployment.kind == .trigger else { return [] }
        var checks: [GateCheck] = []
        if isPaused(trigger.name) {
            checks.append(GateCheck(gate: "paused", outcome: .held("trigger \(trigger.name) is paused", until: nil)))
        }
        if let pin = pins(in: deployment.environment, holding: service(trigger, deployment.repository)).last {
            checks.append(
                GateCheck(gate: "pinned", outcome: .held("\(deployment.environment) is pinned: \(pin.reason)", until: nil)))
        }
        if let gate = trigger.gates.approvals { checks.append(approval(gate, deployment, trigger)) }
        if let gate = trigger.gates.scan { checks.append(scan(gate, deployment)) }
        if let environment = trigger.gates.promotedFrom { checks.append(promotion(environment, deployment, underWay)) }
        if let gate = trigger.gates.soak { checks.append(soak(gate, deployment, underWay)) }
        checks += windows(trigger.gates)
        return checks
    }

    /// The approvals that count: for the trigger as it is now, and has been since, by those it names; and given within their
    /// deadline where the deployment was asked for once more.
    func validApprovals(of deployment: Deployment, _ trigger: Trigger) -> [Approval] {
        let from = trigger.gates.approvals?.from
        let revision = revision(of: trigger.name)
        return deployment.approvals.filter { approval in
            guard approval.definition == trigger.fingerprint, approval.revision == revision,
                approval.until.map({ deployment.queuedAt < $0 }) ?? true,
                approval.isVerified || from == nil || trustsApproverField
            else { return false }
            return from?.contains(approval.approver) ?? true
        }
    }

    private func approval(_ gate: Gates.Approvals, _ deployment: Deployment, _ trigger: Trigger) -> GateCheck {
        let names = validApprovals(of: deployment, trigger).map(\.approver)
        guard names.count < gate.count else {
            return GateCheck(gate: "approval", outcome: .open("approved by \(names.joined(separator: ", "))"))
        }
        let from = gate.from.map { " of \($0.joined(separator: ", "))" } ?? ""
        let deadline = gate.deadline.map { deployment.queuedAt + $0 }
        if let deadline, now >= deadline {
            return GateCheck(
                gate: "approval",
                outcome: .refused("\(names.count) of \(gate.count) approvals\(from) came before \(Timestamp.text(deadline))"))
        }
        let until = deadline.map { ", until \(Timestamp.text($0))" } ?? ""
        return GateCheck(
            gate: "approval", outcome: .held("\(names.count) of \(gate.count) approvals\(from)\(until)", until: deadline))
    }

    private func scan(_ gate: Gates.Scan, _ deployment: Deployment) -> GateCheck {
        let reports = scans.reports(on: deployment.version.digest, in: deployment.repository)
        if !reports.isEmpty {
            // Scanners know of different things, so what one has found is not mended by another that did not.
            let objections = reports.compactMap { report in
                gate.objection(to: report.summary.counts).map { "\(report.summary.scanner) found \($0)" }
            }
            guard objections.isEmpty else { return GateCheck(gate: "scan", outcome: .refused(objections.joined(separator: "; "))) }
            let names = reports.map(\.summary.scanner).joined(separator: ", ")
            return GateCheck(
                gate: "scan",
                outcome: .open(reports.count == 1 ? "the report of \(names) is good enough" : "the reports of \(names) are good enough"))
        }
        let deadline = gate.wait.map { deployment.queuedAt + $0 }
        if let deadline, now >= deadline {
            return GateCheck(gate: "scan", outcome: .refused("no scan report came before \(Timestamp.text(deadline))"))
        }
        let until = deadline.map { ", until \(Timestamp.text($0))" } ?? ""
        return GateCheck(gate: "scan", outcome: .held("no scan report of this digest in \(deployment.repository) yet\(until)", until: deadline))
    }

    private func promotion(_ environment: String, _ deployment: Deployment, _ underWay: Promotion.UnderWay) -> GateCheck {
        let objection = Promotion(state, deployment.version.digest, from: environment, underWay).objection
        return GateCheck(
            gate: "promotion", outcome: objection.map { .held($0, until: nil) } ?? .open("it was deployed to \(environment)"))
    }

    private func soak(_ gate: Gates.Soak, _ deployment: Deployment, _ underWay: Promotion.UnderWay) -> GateCheck {
        let promotion = Promotion(state, deployment.version.digest, from: gate.environment, underWay)
        if let objection = promotion.objection { return GateCheck(gate: "soak", outcome: .held(objection, until: nil)) }
        guard let (reason, until) = promotion.unsoaked(gate.time, now: now) else {
            return GateCheck(gate: "soak", outcome: .open("it ran in \(gate.environment) for \(TimeSpan.text(gate.time))"))
        }
        return GateCheck(gate: "soak", outcome: .held(reason, until: until))
    }

    private func windows(_ gates: Gates) -> [GateCheck] {
        var checks: [GateCheck] = []
        if let windows = gates.windows {
            let change = windows.nextChange(after: now)
            let opens = change.map { ", opens at \(Timestamp.text($0))" } ?? ""
            checks.append(
                GateCheck(
                    gate: "window",
                    outcome: windows.isOpen(at: now)
                        ? .open("the window is open") : .held("the window is shut\(opens)", until: change)))
        }
        if let freeze = gates.freeze {
            let change = freeze.nextChange(after: now)
            let ends = change.map { ", until \(Timestamp.text($0))" } ?? ""
            checks.append(
                GateCheck(
                    gate: "window",
                    outcome: freeze.isOpen(at: now)
                        ? .held("deployments are frozen\(ends)", until: change) : .open("no freeze")))
        }
        return checks
    }
}

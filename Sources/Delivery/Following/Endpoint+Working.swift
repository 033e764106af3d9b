import EventLog
import Events
import IO
import Synchronization

extension Endpoint {
    /// Makes a request, says what came of it, and goes on with the next for as long as there is one.
    func work(_ first: Job, as worker: UInt64) async {
        var next: Job? = first
        while let job = next {
            let sending = await prepare(job)
            var result: AttemptOutcome?
            let begun = Wall.milliseconds
            let started = Monotonic.nanoseconds
            if let request = sending.request {
                result = await send(request, job.setup)
            }
            let latency = max(0, Monotonic.nanoseconds - started)
            // What the hub itself broke off is no attempt: it is made again.
            if Task.isCancelled { result = nil }
            next = finish(sending, result, of: job.setup, begun: begun, latency: latency, worker)
        }
    }

    /// Everything that one request needs, and what turns out not to be sent at all.
    private func prepare(_ job: Job) async -> Sending {
        let sending = Sending()
        var bytes = 0
        for member in job.members {
            do {
                let found: [UInt8]?
                do throws(LogError) { found = try await body(of: member) } catch {
                    guard error.isPassing else { throw error }
                    if sending.later.isEmpty { Diagnostics.warning("webhook \(id) cannot read an event: \(error); trying again in 5 s") }
                    sending.later.append(member.delivery.key)
                    continue
                }
                guard let body = found else {
                    sending.dropped.append(Sending.Dropped(member: member, reason: "the event is no longer in the log"))
                    continue
                }
                if let batch = job.setup.batch, !sending.members.isEmpty, bytes >= batch.bytes {
                    sending.surplus.append(member.delivery.key)
                    continue
                }
                bytes += body.count + Track.Item.overhead
                let header = try EventHeader(scanning: body)
                if job.setup.batch == nil {
                    guard let payload = try job.setup.format.payload(of: body, services.formats) else {
                        sending.dropped.append(Sending.Dropped(member: member, header: header, reason: nil))
                        continue
                    }
                    sending.request = try job.setup.request(
                        payload, id: header.id, now: Wall.milliseconds, services)
                } else {
                    sending.bodies.append(body)
                }
                sending.members.append(Sending.Member(member: member, header: header))
            } catch {
                sending.dropped.append(Sending.Dropped(member: member, reason: "the event cannot be sent: \(error)"))
            }
        }
        guard job.setup.batch != nil, !sending.members.isEmpty else { return sending }
        let id = PayloadFormat.batchID(of: sending.members.map(\.header.id))
        do {
            sending.request = try job.setup.request(
                PayloadFormat.batch(of: sending.bodies), id: id, now: Wall.milliseconds, services)
        } catch {
            sending.dropped += sending.members.map {
                Sending.Dropped(member: $0.member, header: $0.header, reason: "the event cannot be sent: \(error)")
            }
            sending.members = []
        }
        sending.bodies = []
        return sending
    }

    private func body(of member: Job.Member) async throws(LogError) -> [UInt8]? {
        if let record = member.record { return record.kind == .lost ? nil : record.body }
        let (log, sequence) = (services.log, member.delivery.sequence)
        let record = try await services.pool.run { () throws(LogError) in try log.record(at: sequence) }
        return record?.kind == .lost ? nil : record?.body
    }

    /// Asks for consent before, where that is wanted and was not given yet.
    func send(_ request: DeliveryRequest, _ setup: EndpointSetup) async -> AttemptOutcome {
        guard setup.asksFirst, !core.withLock({ $0.hasConsent }) else { return setup.masked(await services.send(request)) }
        let answer = await services.ask(setup.url, setup.tls, setup.timeout)
        guard answer.isGranted else { return .failed(setup.text(answer)) }
        let now = Wall.milliseconds
        core.withLock { core in
            guard core.setup?.url == setup.url, core.setup?.asksFirst == true else { return }
            core.hasConsent = true
            core.open.consented(answer.interval, at: now)
        }
        return setup.masked(await services.send(request))
    }

    /// - Returns: what this task does next.
    private func finish(
        _ sending: Sending, _ result: AttemptOutcome?, of setup: EndpointSetup, begun: Int64, latency: Int64, _ worker: UInt64
    ) -> Job? {
        let now = Wall.milliseconds
        var reason: String?
        let next: Job? = core.withLock { core in
            if result?.status != nil { core.answered = now }
            var endsRequest = true
            let leader = sending.members.first?.member.delivery.key
            for sent in sending.members {
                if let result {
                    let outcome = core.finished(
                        sent, result, Timing(begun: begun, now: now, latency: latency / 1_000_000), endsRequest: endsRequest, with: endsRequest ? nil : leader, services)
                    if outcome?.isHopeless == true { reason = "it has failed for 5 days" }
                } else {
                    core.open.abandoned(sent.member.delivery.key, endsRequest: endsRequest)
                }
                endsRequest = false
            }
            for dropped in sending.dropped {
                core.drop(dropped, at: now, endsRequest: endsRequest, services)
                endsRequest = false
            }
            for key in sending.later {
                core.open.postponed(key, until: now + 5000, endsRequest: endsRequest)
                endsRequest = false
            }
            for key in sending.surplus { core.open.abandoned(key, endsRequest: false) }
            // An answer to a request that was made for another URL says nothing about the one that the webhook has now.
            if result?.isGone == true, core.setup?.url == setup.url { reason = "the receiver answered 410 Gone" }
            // Nothing more goes out until that is recorded.
            if reason != nil { core.open.rules.isHeld = true }
            if core.open.circuit.isFailing { core.giveBackQueue() }
            guard !core.isStopped else {
                core.workers[worker] = nil
                core.settle(services.budget)
                return nil
            }
            return goOn(&core, at: now, worker)
        }
        if let result { services.meters.ended(result, latency: latency) }
        if let reason { services.disable(id, reason) }
        return next
    }

    /// Like `goOn(_:at:)`, but that a task that has done its work takes the first job and saves the start of another.
    private func goOn(_ core: inout EndpointCore, at now: Int64, _ worker: UInt64) -> Job? {
        let (jobs, wake) = core.takeJobs(at: now, services.budget)
        for job in jobs.dropFirst() { run(job, &core) }
        if jobs.isEmpty { core.workers[worker] = nil }
        plan(wake, &core)
        read(&core)
        core.settle(services.budget)
        return jobs.first
    }
}

/// What one request carries: one task's own.
final class Sending {
    struct Member {
        let member: Job.Member
        let header: EventHeader
    }

    struct Dropped {
        let member: Job.Member
        var header: EventHeader?
        /// Nil where the format has no form for the event: there is nothing to tell.
        let reason: String?
    }

    var members: [Member] = []
    var dropped: [Dropped] = []
    /// What cannot be read at the moment.
    var later: [DeliveryKey] = []
    /// What would make a batch too large: it waits for the next request.
    var surplus: [DeliveryKey] = []
    var bodies: [[UInt8]] = []
    var request: DeliveryRequest?
}

extension LogError {
    /// A call of the system's failed, such as for want of descriptors: what was asked for may work later.
    fileprivate var isPassing: Bool { code == .io || code == .closed }
}

/// When an attempt was, in milliseconds.
struct Timing {
    let begun: Int64
    let now: Int64
    let latency: Int64
}

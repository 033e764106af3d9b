import OCI

/// Which service of an environment somebody means, and how to deploy it.
extension Situation {
    /// - Parameters:
    ///   - name, repository: needed where there are several.
    /// - Returns: what is meant, and the trigger that is to deploy it; nil where that is no more.
    func meant(
        in environment: String, _ name: String?, _ repository: RepositoryName?
    ) throws(DeploymentError) -> (service: Service, trigger: Trigger?) {
        let places = state.places.keys.filter { place in
            place.environment == environment && repository.map { $0 == place.repository } ?? true && state.current(place) != nil
        }
        let all = places.flatMap { services(in: $0) }
        let present = all.filter { $0.trigger != nil }
        guard let name else {
            // What only triggers deployed that are no more counts where nothing else is there.
            let services = present.isEmpty ? all : present
            guard let only = services.first else {
                let of = repository.map { " of \($0)" } ?? ""
                throw DeploymentError(
                    .notFound,
                    "nothing\(of) was deployed to \(environment) successfully, as far as is remembered: signalbox environments shows what runs where")
            }
            guard services.count == 1 else { throw ambiguous(environment, services.map(\.service)) }
            return only
        }
        return try meant(in: environment, by: name, all)
    }

    /// What a trigger deploys there, or did; one that has deployed nothing yet may stand in for one that is no more.
    private func meant(
        in environment: String, by name: String, _ all: [(service: Service, trigger: Trigger?)]
    ) throws(DeploymentError) -> (service: Service, trigger: Trigger?) {
        let trigger = trigger(name, in: environment)
        var services = all.filter { $0.service.has(name, trigger?.target.fingerprint) }
        if services.isEmpty, trigger != nil { services = all.filter { $0.trigger == nil } }
        guard let only = services.first else {
            throw DeploymentError(
                .notFound,
                "trigger \(name) deployed nothing to \(environment) successfully, as far as is remembered: signalbox environments shows what runs where")
        }
        guard services.count == 1 else { throw ambiguous(environment, services.map(\.service)) }
        guard let trigger else { return only }
        var service = service(trigger, only.service.repository)
        if only.trigger == nil { service.formUnion(only.service) }
        return (service, trigger)
    }

    private func ambiguous(_ environment: String, _ services: [Service]) -> DeploymentError {
        let names = services.map(\.text).sorted()
        let repositories = Set(services.map(\.repository))
        let options = repositories.count == services.count
            ? "--repository NAME" : repositories.count == 1 ? "--trigger NAME" : "--repository NAME, --trigger NAME"
        return DeploymentError(
            .conflict,
            "\(environment) runs \(services.count) services, \(names.prefix(10).joined(separator: ", ")): say which (\(options))")
    }

    /// The services of a place: of triggers that deploy there, one for each target; and, of triggers that do no more, what none of
    /// these has taken over, with the one that deployed last first.
    private func services(in place: Place) -> [(service: Service, trigger: Trigger?)] {
        var services: [(service: Service, trigger: Trigger?)] = []
        let names = latestFirst(state.places[place]?.triggers ?? [], in: place)
        func add(_ service: Service, _ trigger: Trigger?) {
            if let index = services.firstIndex(where: { $0.service.overlaps(service) }) {
                services[index].service.formUnion(service)
            } else {
                services.append((service, trigger))
            }
        }
        let present = names.compactMap { trigger($0, in: place.environment) }
        for trigger in present { add(service(trigger, place.repository), trigger) }
        let taken = services
        for name in names where trigger(name, in: place.environment) == nil {
            let lane = place.lane(name)
            let target = state.lanes[lane]?.lastStarted.flatMap { state.deployments[$0]?.target } ?? state.current(lane)?.target
            guard !taken.contains(where: { $0.service.has(name, target) }) else { continue }
            add(Service(place, name, target), nil)
        }
        return services
    }

    /// Those that deployed last there first.
    private func latestFirst(_ triggers: some Sequence<String>, in place: Place) -> [String] {
        triggers.sorted { (state.lanes[place.lane($0)]?.startedAt ?? 0, $0) > (state.lanes[place.lane($1)]?.startedAt ?? 0, $1) }
    }

    /// By which trigger to deploy a service: the one that is meant, or what one that is no more was last started with.
    func way(to service: Service, by trigger: Trigger?) throws(DeploymentError) -> Way {
        if let trigger { return Way(trigger: trigger.name, settingsOf: nil) }
        for name in latestFirst(service.triggers, in: service.place) {
            let lane = state.lanes[service.place.lane(name)]
            for id in [lane?.lastStarted, lane?.successes.last?.deployment] {
                if let id, state.deployments[id]?.settings != nil { return Way(trigger: name, settingsOf: id) }
            }
        }
        let others = triggerNames.filter { self.trigger($0, in: service.environment) != nil }
        let hint = others.isEmpty ? "add it again (signalbox trigger add FILE)" : "name one that does (--trigger \(others.sorted().prefix(10).joined(separator: ", ")))"
        throw DeploymentError(
            .conflict,
            "trigger \(service.triggers.sorted().first ?? "none"), which deployed \(service.repository) to \(service.environment), is no more or deploys elsewhere now, and with what is not known: \(hint)")
    }
}

import JSON

/// The kinds of workloads, and when each is rolled out by its own status (as `kubectl rollout status` judges it).
enum Workload: String, Sendable, CaseIterable {
    case deployment, statefulset, daemonset, cronjob

    var kind: String {
        switch self {
        case .deployment: "Deployment"
        case .statefulset: "StatefulSet"
        case .daemonset: "DaemonSet"
        case .cronjob: "CronJob"
        }
    }

    var plural: String { rawValue + "s" }
    var group: [String] { self == .cronjob ? ["batch", "v1"] : ["apps", "v1"] }

    private var podTemplate: String { self == .cronjob ? "/spec/jobTemplate/spec/template" : "/spec/template" }

    func containers(in workload: JSONValue) -> [JSONValue] {
        workload.value(at: podTemplate + "/spec/containers")?.array ?? []
    }

    func image(of container: String, in workload: JSONValue) -> String? {
        containers(in: workload).first { $0["name"]?.string == container }?["image"]?.string
    }

    /// Whether a rollout of what it has was given up: of that, Kubernetes begins nothing anew by itself, as nothing changes.
    func isGivenUp(_ workload: JSONValue) -> Bool { self == .deployment && Self.exceededDeadline(workload) != nil }

    /// The condition that says so.
    private static func exceededDeadline(_ workload: JSONValue) -> JSONValue? {
        workload.value(at: "/status/conditions")?.array?.first {
            $0["type"]?.string == "Progressing" && $0["reason"]?.string == "ProgressDeadlineExceeded"
        }
    }

    /// A specification that has nothing but this pod template.
    func spec(around template: JSONValue) -> JSONValue {
        let spec = JSONValue.members(["template": template])
        return self == .cronjob ? .members(["jobTemplate": .members(["spec": spec])]) : spec
    }

    /// Why no rollout would follow a change of the image; nil where one does.
    func hindrance(_ workload: JSONValue, name: String) -> String? {
        switch self {
        case .deployment where workload.value(at: "/spec/paused")?.bool == true: "deployment \(name) is paused: its rollout does not go on"
        case .statefulset, .daemonset:
            workload.value(at: "/spec/updateStrategy/type")?.string ?? "RollingUpdate" == "RollingUpdate"
                ? nil : "the update strategy of \(rawValue) \(name) is OnDelete: its pods must be deleted by hand"
        default: nil
        }
    }

    func rollout(_ workload: JSONValue, name: String, container: String, image: String) throws(TargetFailure) -> PollStep {
        guard self.image(of: container, in: workload) == image else {
            throw .deployment("\(rawValue) \(name) no longer has \(image): somebody else has changed it")
        }
        if let hindrance = hindrance(workload, name: name) { throw .final(hindrance) }
        let numbers = Numbers(workload)
        let generation = workload.value(at: "/metadata/generation")?.int ?? 0
        guard workload.value(at: "/status/observedGeneration")?.int ?? 0 >= generation else { return .again("waiting for the change to be seen") }
        return switch self {
        case .deployment: try deployment(workload, numbers, name)
        case .statefulset: try statefulSet(workload, numbers, name)
        case .daemonset: try daemonSet(workload, numbers, name)
        case .cronjob: .done("cronjob \(name) has the image")
        }
    }

    /// Counts of a status, which are of 32 bits in the API; what is missing is 0 (zero is left out there).
    private struct Numbers {
        private let workload: JSONValue
        init(_ workload: JSONValue) { self.workload = workload }
        subscript(_ key: String) -> Int64 { at("/status/" + key) ?? 0 }
        func at(_ pointer: String) -> Int64? {
            workload.value(at: pointer)?.int.map { max(0, min($0, Int64(Int32.max))) }
        }
    }

    private func deployment(_ workload: JSONValue, _ status: Numbers, _ name: String) throws(TargetFailure) -> PollStep {
        if let condition = Self.exceededDeadline(workload) {
            throw .deployment("deployment \(name) exceeded its progress deadline: \(condition["message"]?.string ?? "")")
        }
        let wanted = status.at("/spec/replicas") ?? 1
        let (updated, available) = (status["updatedReplicas"], status["availableReplicas"])
        if updated < wanted { return .again("\(updated) of \(wanted) replicas are updated") }
        if status["replicas"] > updated { return .again("\(status["replicas"] - updated) old replicas are yet to end") }
        if available < updated { return .again("\(available) of \(updated) updated replicas are available") }
        return .done("deployment \(name) is rolled out, \(available) of \(wanted) replicas available")
    }

    private func statefulSet(_ workload: JSONValue, _ status: Numbers, _ name: String) throws(TargetFailure) -> PollStep {
        let wanted = status.at("/spec/replicas") ?? 1
        if status["readyReplicas"] < wanted { return .again("\(status["readyReplicas"]) of \(wanted) replicas are ready") }
        let partition = status.at("/spec/updateStrategy/rollingUpdate/partition") ?? 0
        if partition > 0 {
            let due = max(0, wanted - partition)
            if status["updatedReplicas"] < due { return .again("\(status["updatedReplicas"]) of \(due) replicas are updated") }
            return .done("statefulset \(name) is rolled out from replica \(partition) on, as its partition says")
        }
        let (current, update) = (workload.value(at: "/status/currentRevision"), workload.value(at: "/status/updateRevision"))
        if current != update { return .again("\(status["updatedReplicas"]) of \(wanted) replicas have the new revision") }
        return .done("statefulset \(name) is rolled out, \(wanted) of \(wanted) replicas ready")
    }

    private func daemonSet(_ workload: JSONValue, _ status: Numbers, _ name: String) throws(TargetFailure) -> PollStep {
        let wanted = status["desiredNumberScheduled"]
        let updated = status["updatedNumberScheduled"]
        if updated < wanted { return .again("\(updated) of \(wanted) pods are updated") }
        if status["numberAvailable"] < wanted { return .again("\(status["numberAvailable"]) of \(wanted) pods are available") }
        return .done("daemonset \(name) is rolled out, \(wanted) pods available")
    }
}

import Events
import Glibc
import IO
import Synchronization

/// Processes of runs that a crash of the hub left behind. They must be gone before their deployment runs again: two at once
/// is what concurrency per environment promises not to happen.
///
/// They are known by their environment, which children inherit: the deployment's id, and the id of its event, which no
/// other hub has. With them goes all that is below them in the tree of processes: what has dropped its environment is below its
/// run's `Supervisor`, which ends it by itself a little earlier than this.
struct Leftovers: Sendable {
    /// One run that the log says is under way.
    struct Run: Sendable, Hashable {
        let deployment: String
        let eventID: String
    }

    let runs: Set<Run>

    /// From SIGTERM to SIGKILL, in milliseconds.
    private static let grace: Int64 = 5_000
    private static let environmentLimit = 256 << 10

    /// Ends them, and returns when they are gone, or cannot be ended. Blocks.
    func end() {
        guard !runs.isEmpty else { return }
        let begin = Monotonic.milliseconds
        var signal = SIGTERM
        var found = find()
        if !found.isEmpty { Diagnostics.warning("ending \(found.count) process(es) of deployments that the hub's end cut off") }
        while !found.isEmpty, Monotonic.milliseconds < begin + 2 * Self.grace {
            for pid in found { kill(pid, signal) }
            let next = min(Monotonic.milliseconds + 500, begin + Self.grace)
            repeat {
                usleep(20_000)
                found = find()
            } while !found.isEmpty && Monotonic.milliseconds < next
            if Monotonic.milliseconds >= begin + Self.grace { signal = SIGKILL }
        }
        if !found.isEmpty { Diagnostics.warning("processes \(found) of deployments that were cut off cannot be ended") }
    }

    private func find() -> [pid_t] {
        let own = getpid()
        let names = (try? Files.list("/proc")) ?? []
        let marked = names.compactMap { pid_t($0) }.filter { $0 != own && belongs($0) }
        guard !marked.isEmpty else { return [] }
        return marked + ProcessTree().descendants(of: marked).subtracting([own]).sorted()
    }

    /// What cannot be read belongs to somebody else, or is gone.
    private func belongs(_ pid: pid_t) -> Bool {
        guard let bytes = try? Files.read("/proc/\(pid)/environ", limit: Self.environmentLimit), !bytes.isEmpty else { return false }
        var deployment: String?
        var eventID: String?
        for variable in bytes.split(separator: 0) {
            deployment = deployment ?? Self.value(of: "SIGNALBOX_DEPLOYMENT=", in: variable)
            eventID = eventID ?? Self.value(of: "SIGNALBOX_EVENT_ID=", in: variable)
        }
        guard let deployment, let eventID else { return false }
        return runs.contains(Run(deployment: deployment, eventID: eventID))
    }

    private static func value(of name: String, in variable: ArraySlice<UInt8>) -> String? {
        guard variable.starts(with: name.utf8) else { return nil }
        return String(decoding: variable.dropFirst(name.utf8.count), as: UTF8.self)
    }
}

extension DeploymentEngine {
    /// Ends what the last hub's runs left behind.
    func endLeftovers() async {
        let all = shared.withLock { $0.sequenced }.deployments.values
        let running = all.filter { deployment in
            // One that was cancelled may have been cut off before its target had ended.
            deployment.state == .running || deployment.transitions.suffix(2).map(\.step) == ["started", "cancelled"]
        }
        guard !running.isEmpty else { return }
        var runs: Set<Leftovers.Run> = []
        for deployment in running {
            guard let event = try? await event(of: deployment), let id = try? EventHeader(scanning: event).id else { continue }
            runs.insert(Leftovers.Run(deployment: deployment.id, eventID: id))
        }
        let leftovers = Leftovers(runs: runs)
        await pool.run { leftovers.end() }
    }
}

import Synchronization

/// What all webhooks together may hold. Each may always hold a little, so that none is shut out by others.
final class Budget: Sendable {
    struct Limits: Sendable {
        var open = 200_000
        var openEach = 16
        var bytes = 32 << 20
        var requests = 2048
    }

    private let limits: Limits
    private let open = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let requests = Atomic<Int>(0)

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var openCount: Int { open.load(ordering: .relaxed) }
    var requestCount: Int { requests.load(ordering: .relaxed) }

    /// Counts that are a little off for a moment do no harm: these are bounds for memory and descriptors.
    func changeOpen(by count: Int) { if count != 0 { open.wrappingAdd(count, ordering: .relaxed) } }
    func changeBytes(by count: Int) { if count != 0 { bytes.wrappingAdd(count, ordering: .relaxed) } }
    func changeRequests(by count: Int) { if count != 0 { requests.wrappingAdd(count, ordering: .relaxed) } }

    func mayOpen(beside own: Int) -> Bool { own < limits.openEach || openCount < limits.open }
    func mayRequest(beside own: Int) -> Bool { own == 0 || requestCount < limits.requests }
    func mayHold(_ count: Int) -> Bool { bytes.load(ordering: .relaxed) + count <= limits.bytes }
}

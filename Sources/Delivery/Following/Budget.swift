import Synchronization

/// What all webhooks together may hold. Each may always hold a little, so that none is shut out by others.
final class Budget: Sendable {
    struct Limits: Sendable {
        var open = 200_000
        /// A webhook with more than this takes no more when half of all is taken.
        var openFair = 1000
        var openEach = 16
        var bytes = 32 << 20
        var requests = 2048
        /// A webhook with more than this, and no answers, takes no more when half of all is taken.
        var requestsFair = 16
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

    func mayOpen(beside own: Int) -> Bool {
        own < limits.openEach || openCount < (own < limits.openFair ? limits.open : limits.open / 2)
    }

    /// Receivers that hang get no more than half of all, and what they leave goes to those that answer.
    func mayRequest(beside own: Int, isAnswering: Bool) -> Bool {
        own == 0 || requestCount < (isAnswering || own < limits.requestsFair ? limits.requests : limits.requests / 2)
    }

    func mayHold(_ count: Int) -> Bool { bytes.load(ordering: .relaxed) + count <= limits.bytes }
}

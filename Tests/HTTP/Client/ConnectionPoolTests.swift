@testable import HTTP
import Testing

@Suite("The pool of connections, as a value")
struct ConnectionPoolTests {
    private static let a = Destination(Origin(scheme: .http, host: "a", port: 80))
    private static let b = Destination(Origin(scheme: .http, host: "b", port: 80))

    private func pool(perOrigin: Int = 2, total: Int = 3, waiting: Int = 2) -> ConnectionPool {
        ConnectionPool(limits: .init(perDestination: perOrigin, total: total, waiting: waiting))
    }

    /// The connection that is granted at once.
    private func grant(_ pool: inout ConnectionPool, _ origin: Destination) throws -> ConnectionPool.Grant {
        guard case .granted(let grant, closing: nil) = pool.acquire(origin) else { throw HTTPClientError(.overloaded, "not granted") }
        return grant
    }

    private func wait(_ pool: inout ConnectionPool, _ origin: Destination) throws -> UInt64 {
        guard case .wait(let waiter) = pool.acquire(origin) else { throw HTTPClientError(.overloaded, "does not wait") }
        return waiter
    }

    @Test("the connection that was used last is used next")
    func mostRecent() throws {
        var pool = pool()
        let (first, second) = (try grant(&pool, Self.a), try grant(&pool, Self.a))
        #expect(first != second)
        #expect(pool.release(first.id, of: Self.a, reusable: true).parked != nil)
        #expect(pool.release(second.id, of: Self.a, reusable: true).parked != nil)
        #expect(try grant(&pool, Self.a) == .reuse(second.id))
        #expect(try grant(&pool, Self.a) == .reuse(first.id))
    }

    @Test("beyond an origin's limit requests wait, and are served in the order of coming")
    func order() throws {
        var pool = pool()
        let (first, second) = (try grant(&pool, Self.a), try grant(&pool, Self.a))
        let (third, fourth) = (try wait(&pool, Self.a), try wait(&pool, Self.a))
        #expect(pool.acquire(Self.a) == .refused)
        #expect(pool.release(first.id, of: Self.a, reusable: true).grants == [.init(waiter: third, grant: .reuse(first.id))])
        let release = pool.release(second.id, of: Self.a, reusable: false)
        #expect(release.closes)
        #expect(release.grants.map(\.waiter) == [fourth])
        guard case .connect? = release.grants.first?.grant else {
            Issue.record("\(release)")
            return
        }
    }

    @Test("an idle connection to elsewhere makes room for a new one")
    func eviction() throws {
        var pool = pool(perOrigin: 3)
        let grants = try (0..<3).map { _ in try grant(&pool, Self.a) }
        for grant in grants { _ = pool.release(grant.id, of: Self.a, reusable: true) }
        guard case .granted(.connect, closing: let closing) = pool.acquire(Self.b) else {
            Issue.record("not granted")
            return
        }
        #expect(closing == grants[0].id)
        #expect(pool.total == 3)
        #expect(pool.idleCount(of: Self.a) == 2)
    }

    @Test("a connection is not kept while somebody waits for its place")
    func noParkingInTheWay() throws {
        var pool = pool(perOrigin: 3)
        let grants = try (0..<3).map { _ in try grant(&pool, Self.a) }
        let waiter = try wait(&pool, Self.b)
        let release = pool.release(grants[0].id, of: Self.a, reusable: true)
        #expect(release.closes)
        #expect(release.grants.map(\.waiter) == [waiter])
        #expect(pool.count(of: Self.b) == 1)
    }

    @Test("who waits for a place comes before those who came later, even where these could go on with a connection")
    func fairness() throws {
        var pool = pool(perOrigin: 3)
        let grants = try (0..<3).map { _ in try grant(&pool, Self.a) }
        let first = try wait(&pool, Self.b)
        let second = try wait(&pool, Self.a)
        let release = pool.release(grants[0].id, of: Self.a, reusable: true)
        #expect(release.closes)
        #expect(release.grants.map(\.waiter) == [first])
        #expect(pool.release(grants[1].id, of: Self.a, reusable: true).grants == [.init(waiter: second, grant: .reuse(grants[1].id))])
    }

    @Test("the end of an idle time that is over changes nothing")
    func stamps() throws {
        var pool = pool()
        let id = try grant(&pool, Self.a).id
        let stamp = try #require(pool.release(id, of: Self.a, reusable: true).parked)
        #expect(pool.isIdle(id, of: Self.a, stamp: stamp))
        _ = try grant(&pool, Self.a)
        #expect(pool.closeIdle(id, of: Self.a, stamp: stamp) == nil)
        let later = try #require(pool.release(id, of: Self.a, reusable: true).parked)
        #expect(pool.closeIdle(id, of: Self.a, stamp: stamp) == nil)
        #expect(pool.closeIdle(id, of: Self.a, stamp: later)?.closes == true)
        #expect(pool.total == 0)
    }

    @Test("who gave up waiting is not served")
    func cancelled() throws {
        var pool = pool(perOrigin: 1)
        let id = try grant(&pool, Self.a).id
        let waiter = try wait(&pool, Self.a)
        let (first, second) = (pool.cancel(waiter), pool.cancel(waiter))
        #expect(first)
        #expect(!second)
        #expect(pool.release(id, of: Self.a, reusable: true).grants.isEmpty)
    }

    @Test("after the shutdown nothing is granted or kept")
    func shutDown() throws {
        var pool = pool(perOrigin: 2)
        let (idle, used) = (try grant(&pool, Self.a), try grant(&pool, Self.a))
        let waiter = try wait(&pool, Self.a)
        _ = pool.cancel(waiter)
        _ = pool.release(idle.id, of: Self.a, reusable: true)
        let other = try grant(&pool, Self.b)
        let (closing, refusing) = pool.shutDown()
        #expect(closing == [idle.id])
        #expect(refusing.isEmpty)
        #expect(pool.acquire(Self.b) == .refused)
        #expect(pool.release(used.id, of: Self.a, reusable: true).closes)
        #expect(pool.release(other.id, of: Self.b, reusable: true).closes)
        #expect(pool.total == 0)
    }

    @Test("whatever happens, the limits hold and everybody is served in the end", arguments: 1...20)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pool = pool(perOrigin: 3, total: 5, waiting: 8)
        let origins = (0..<4).map { Destination(Origin(scheme: .http, host: "h\($0)", port: 80)) }
        var used: [UInt64: Destination] = [:]
        var idle: [UInt64: (origin: Destination, stamp: UInt64)] = [:]
        var waiting: [UInt64: Destination] = [:]

        func take(_ grant: ConnectionPool.Grant, _ origin: Destination) {
            if case .reuse(let id) = grant, let parked = idle.removeValue(forKey: id) { #expect(parked.origin == origin) }
            #expect(used.updateValue(origin, forKey: grant.id) == nil)
        }
        func serve(_ release: ConnectionPool.Release) {
            for served in release.grants {
                guard let origin = waiting.removeValue(forKey: served.waiter) else {
                    Issue.record("an unknown waiter was served")
                    continue
                }
                take(served.grant, origin)
            }
        }
        func release(_ id: UInt64, reusable: Bool) {
            guard let origin = used.removeValue(forKey: id) else { return }
            let release = pool.release(id, of: origin, reusable: reusable)
            if let stamp = release.parked { idle[id] = (origin, stamp) }
            serve(release)
        }
        for _ in 0..<2000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                guard let origin = origins.randomElement(using: &random) else { continue }
                switch pool.acquire(origin) {
                case .granted(let grant, let closing):
                    if let closing { #expect(idle.removeValue(forKey: closing) != nil) }
                    take(grant, origin)
                case .wait(let waiter): waiting[waiter] = origin
                case .refused: #expect(waiting.count == 8)
                }
            case 2: if let id = used.keys.sorted().randomElement(using: &random) { release(id, reusable: Bool.random(using: &random)) }
            case 3:
                guard let id = idle.keys.sorted().randomElement(using: &random), let parked = idle.removeValue(forKey: id) else { continue }
                if let release = pool.closeIdle(id, of: parked.origin, stamp: parked.stamp) { serve(release) }
            default:
                guard let waiter = waiting.keys.sorted().randomElement(using: &random) else { continue }
                waiting[waiter] = nil
                let cancelled = pool.cancel(waiter)
                #expect(cancelled)
            }
            #expect(pool.total == used.count + idle.count)
            #expect(pool.total <= 5)
            #expect(pool.waitingCount == waiting.count)
            #expect(pool.starved == Set(waiting.values.filter { pool.count(of: $0) < 3 }))
            for origin in origins { #expect(pool.count(of: origin) <= 3) }
        }
        while let id = used.keys.first { release(id, reusable: false) }
        #expect(waiting.isEmpty)
    }
}

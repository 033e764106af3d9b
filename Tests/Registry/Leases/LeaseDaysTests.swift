import OCI
import Testing

@testable import Registry

@Suite struct LeaseDaysTests {
    let app = repositoryNamed("app")
    let other = repositoryNamed("other")

    @Test("A lease holds for its blob and its repository until it is removed")
    func holds() {
        var days = LeaseDays()
        days.add(blobDigest([1]), app, day: 10)
        days.add(blobDigest([1]), app, day: 10)
        days.add(blobDigest([1]), other, day: 11)
        #expect(days.holds(blobDigest([1]), app) && days.holds(blobDigest([1]), other))
        #expect(!days.holds(blobDigest([2]), app))
        #expect(days.count == 2)
        days.remove(blobDigest([1]), app)
        #expect(!days.holds(blobDigest([1]), app))
        #expect(days.isHeld(blobDigest([1])))
        days.remove(blobDigest([1]), other)
        #expect(!days.isHeld(blobDigest([1])))
        #expect(days.count == 0)
    }

    @Test("A lease lasts seven days and the rest of its last one; renewing it starts anew")
    func expires() {
        var days = LeaseDays()
        days.add(blobDigest([1]), app, day: 10)
        days.add(blobDigest([2]), app, day: 10)
        days.add(blobDigest([2]), app, day: 12)
        #expect(days.expire(today: 17).count == 0)
        #expect(days.holds(blobDigest([1]), app))
        #expect(days.expire(today: 18).count == 2)
        #expect(!days.holds(blobDigest([1]), app))
        #expect(days.holds(blobDigest([2]), app))
        #expect(days.expire(today: 20).count == 1)
        #expect(days.count == 0)
    }

    @Test("Days may come in any order, as when the clock is set back")
    func anyOrder() {
        var days = LeaseDays()
        for day in [12, 10, 11, 10, 12] as [Int64] { days.add(blobDigest([UInt8(day)]), app, day: day) }
        #expect(days.count == 3)
        #expect(days.expire(today: 18).count == 1)
        #expect(!days.holds(blobDigest([10]), app))
        #expect(days.holds(blobDigest([11]), app) && days.holds(blobDigest([12]), app))
    }

    @Test("Removing takes a lease out of every day")
    func removesRenewed() {
        var days = LeaseDays()
        days.add(blobDigest([1]), app, day: 10)
        days.add(blobDigest([1]), app, day: 12)
        days.remove(blobDigest([1]), app)
        #expect(days.count == 0)
    }
}

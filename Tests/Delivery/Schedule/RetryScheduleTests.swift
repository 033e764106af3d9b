import Testing

@testable import Delivery

@Suite struct RetryScheduleTests {
    @Test("a delay is within a tenth of what the schedule says, and after the last one there is none")
    func bounds() {
        var random = SystemRandomNumberGenerator()
        let schedule = RetrySchedule([2, 10])
        for (failures, seconds) in [(1, 2), (2, 10), (0, 2), (Int.min, 2)] {
            for _ in 0..<50 {
                let delay = schedule.delay(after: failures, using: &random) ?? -1
                #expect((Int64(seconds) * 900...Int64(seconds) * 1100).contains(delay))
            }
        }
        for failures in [3, 1_000_000, Int.max] { #expect(schedule.delay(after: failures, using: &random) == nil) }
    }

    @Test("without a schedule the standard one holds: ten attempts over three and a half days")
    func standard() {
        var random = SystemRandomNumberGenerator()
        let schedule = RetrySchedule([])
        let delays = (1...9).compactMap { schedule.delay(after: $0, using: &random) }
        #expect(zip(delays, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]).allSatisfy { abs($0 - $1 * 1000) <= $1 * 100 })
        #expect(delays.count == 9 && schedule.delay(after: 10, using: &random) == nil)
    }

    @Test("a delay of zero is none at all")
    func zero() {
        var random = SystemRandomNumberGenerator()
        #expect(RetrySchedule([0]).delay(after: 1, using: &random) == 0)
    }
}

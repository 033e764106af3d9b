import Testing

@testable import Delivery

@Suite struct RetryScheduleTests {
    @Test("a delay is within a tenth of what the schedule says, and the last one repeats")
    func bounds() {
        var random = SystemRandomNumberGenerator()
        let schedule = RetrySchedule([2, 10])
        for (failures, seconds) in [(1, 2), (2, 10), (3, 10), (1_000_000, 10), (Int.max, 10), (0, 2), (Int.min, 2)] {
            for _ in 0..<50 {
                let delay = schedule.delay(after: failures, using: &random)
                #expect((Int64(seconds) * 900...Int64(seconds) * 1100).contains(delay))
            }
        }
    }

    @Test("without a schedule the standard one holds", arguments: [nil, []] as [[Int]?])
    func standard(given: [Int]?) {
        var random = SystemRandomNumberGenerator()
        let schedule = RetrySchedule(given)
        #expect((900...1100).contains(schedule.delay(after: 1, using: &random)))
        #expect((270_000...330_000).contains(schedule.delay(after: 99, using: &random)))
    }

    @Test("a delay of zero is none at all")
    func zero() {
        var random = SystemRandomNumberGenerator()
        #expect(RetrySchedule([0]).delay(after: 3, using: &random) == 0)
    }
}

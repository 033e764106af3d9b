import IO
import Testing

@testable import Delivery

@Suite struct TimetableTests {
    @Test("a time that is brought forward again and again is kept once")
    func bounded() {
        let timetable = Timetable()
        let far = Wall.milliseconds + 86_400_000
        for round in Int64(0)..<10_000 { timetable.wake("w", at: far - round) }
        for _ in 0..<1000 { timetable.wake("v", at: far) }
        #expect(timetable.entryCount <= 70)
    }
}

import Dispatch
import Testing

@testable import IO

@Suite struct LockTests {
    @Test("what many threads do under a lock, each finds done by those before")
    func counting() {
        let lock = Lock(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<10_000 { lock.withLock { $0 += 1 } }
        }
        #expect(lock.withLock { $0 } == 80_000)
    }

    @Test("an error leaves the lock open, and what was changed before it changed")
    func errors() {
        struct Refused: Error {}
        let lock = Lock([1])
        #expect(throws: Refused.self) {
            try lock.withLock { (values: inout [Int]) throws(Refused) in
                values.append(2)
                throw Refused()
            }
        }
        #expect(lock.withLock { $0 } == [1, 2])
    }

    @Test("the value is let go of with the lock")
    func ending() {
        final class Witness: Sendable {}
        weak var witness: Witness?
        do {
            let value = Witness()
            witness = value
            let lock = Lock(value)
            #expect(lock.withLock { $0 } === value)
        }
        #expect(witness == nil)
    }
}

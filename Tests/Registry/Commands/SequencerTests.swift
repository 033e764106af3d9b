import Dispatch
import IO
import Synchronization
import Testing

@testable import Registry

@Suite struct SequencerTests {
    @Test("steps of many threads run one at a time, each thread's in its order, and none is lost")
    func order() {
        let sequencer = Sequencer()
        let log = Mutex<[[Int]]>(Array(repeating: [], count: 8))
        let inside = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<2_000 {
                sequencer.run {
                    let alone = inside.add(1, ordering: .relaxed).newValue == 1
                    #expect(alone)
                    log.withLock { $0[thread].append(number) }
                    inside.subtract(1, ordering: .relaxed)
                }
            }
        }
        // A step was run by who brought it, or left with another, which came to it before it returned.
        #expect(log.withLock { $0 } == Array(repeating: Array(0..<2_000), count: 8))
    }

    @Test("who comes while another is at it does not wait, and its step is run all the same")
    func goesOn() {
        let sequencer = Sequencer()
        let (entered, gate, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        DispatchQueue.global().async {
            sequencer.run {
                entered.signal()
                gate.wait()
            }
            ended.signal()
        }
        entered.wait()
        let ran = Atomic<Bool>(false)
        sequencer.run { ran.store(true, ordering: .releasing) }
        let waited = ran.load(ordering: .acquiring)
        #expect(!waited)
        gate.signal()
        ended.wait()
        let isRun = ran.load(ordering: .acquiring)
        #expect(isRun)
    }

    @Test("a loop that was given many steps looks after its own tasks in between, and comes to all of them")
    func sharing() async throws {
        let loop = try EventLoop(name: "sequencer")
        let sequencer = Sequencer()
        let (entered, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let count = Mutex(0)
        let seen = Mutex<[Int]>([])
        let first = Task(executorPreference: loop) {
            sequencer.run {
                entered.signal()
                gate.wait()
            }
        }
        await Self.blocking { entered.wait() }
        for _ in 0..<1_000 {
            sequencer.run {
                count.withLock { $0 += 1 }
                // A step may bring another, which is run after it.
                sequencer.run {}
            }
        }
        let beside = Task(executorPreference: loop) { seen.withLock { seen in count.withLock { seen.append($0) } } }
        gate.signal()
        await first.value
        await beside.value
        while count.withLock({ $0 }) < 1_000 { await Task.yield() }
        #expect(seen.withLock { $0 }.allSatisfy { $0 < 1_000 })
    }

    private static func blocking(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                body()
                continuation.resume()
            }
        }
    }
}

import Glibc
import Synchronization

/// The process' event loops, one for each core; work is spread over them in turn.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let turn = Atomic<Int>(0)

    /// - Parameter count: how many loops; 0 stands for one for each core.
    package init(count: Int = 0) throws(StreamError) {
        let count = count > 0 ? count : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var loops: [EventLoop] = []
        for index in 0..<count { loops.append(try EventLoop(name: "loop-\(index)")) }
        self.loops = loops
    }

    /// The same loops, in turns of its own: where two users take turns together and one does so for each time that the other
    /// does, such as a connection that makes a webhook, each always meets the same loops.
    package init(sharing other: EventLoopGroup) {
        loops = other.loops
    }

    package func next() -> EventLoop {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).newValue
        return loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
    }
}

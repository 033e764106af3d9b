import Dispatch
import Glibc

/// SIGTERM and SIGINT as something to wait for. A second one ends the process at once: an operator who asks twice means it.
final class StopSignals {
    private let arrivals: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init() throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(2))
        self.arrivals = arrivals
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { arrived.yield() }
            source.resume()
            return source
        }
    }

    func first() async {
        for await _ in arrivals {
            Task.detached { [arrivals] in
                for await _ in arrivals { exit(1) }
            }
            return
        }
    }
}

import HTTP
import IO
import Testing

@testable import Deployment

@Suite("a run that looks at something elsewhere", .timeLimit(.minutes(5)))
struct TargetRunTests {
    /// The next attempt, or the rollback, must not find it at work. What ends it has time of its own.
    @Test("what takes too long is told to stop, and the failure says what was seen last and what came of that", arguments: [202, 403])
    func tooLong(status: Int) async throws {
        let bench = try TargetBench()
        let api = try await FakeAPI.start { _, _ in .status(status) }
        let run = TargetRun(.sample(), output: bench.output, deadline: Monotonic.milliseconds, secrets: [:], services: bench.factory.services)
        let url = try HTTPURL(api.url + "/cancel")
        let failure = await #expect(throws: TargetFailure.self) {
            let remote = try await RemoteAPI("Hub", run)
            _ = try await run.poll("run 5", stop: { () throws(TargetFailure) in _ = try await remote.afterwards.call(.post, url) }) {
                () throws(TargetFailure) in .again("in_progress")
            }
        }
        let end = status == 202 ? "run 5 was told to stop" : "run 5 goes on: Hub answered 403 Forbidden to POST \(url) (the credentials may not do this: give them the rights that docs/targets.md lists)"
        #expect(failure?.reason == "run 5 took too long; last seen: in_progress; \(end)")
        #expect(failure?.isRetryable == true)
        #expect(bench.text.hasSuffix("\(end)\n"))
        #expect(api.lines == ["POST /cancel"])
    }

    @Test("what ends by itself is not told to stop") func ended() async throws {
        let bench = try TargetBench()
        let run = TargetRun(.sample(), output: bench.output, deadline: Monotonic.milliseconds, secrets: [:], services: bench.factory.services)
        let stops = Counter()
        let failure = await #expect(throws: TargetFailure.self) {
            _ = try await run.poll("run 5", stop: { () throws(TargetFailure) in _ = stops.next() }) {
                () throws(TargetFailure) -> PollStep in throw .deployment("it failed")
            }
        }
        #expect(failure?.reason == "it failed")
        #expect(stops.next() == 0)
    }
}

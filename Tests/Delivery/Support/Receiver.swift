import Delivery
import HTTP
import IO
import JSON
import Synchronization

/// Stands for all receivers: answers as it was told, 204 where it was told nothing, and keeps what it got.
final class Receiver: Sendable {
    struct Delivery: Sendable {
        let url: String
        let headers: [String: String]
        let body: [UInt8]

        var id: String? { headers["webhook-id"] }
        var guardName: String? { (try? JSONValue.parse(body))?["data"]?["guard"]?["name"]?.string }
    }

    private let outcomes: Mutex<[AttemptOutcome]>
    private let consent: Handshake.Outcome
    private let questions = Mutex(0)
    private let got = Mutex<[Delivery]>([])
    /// Requests that come after so many are answered later.
    private let patience = Mutex(Int.max)
    private let silence = AsyncStream<Never>.makeStream()

    init(_ outcomes: [AttemptOutcome] = [], consent: Handshake.Outcome = .granted(rate: nil)) {
        self.outcomes = Mutex(outcomes)
        self.consent = consent
    }

    /// Lets requests wait that come after so many in all; `Int.max` lets them go on.
    func hold(after count: Int) { patience.withLock { $0 = count } }

    /// Answers the next requests like this.
    func answer(_ outcomes: [AttemptOutcome]) { self.outcomes.withLock { $0 = outcomes } }

    @Sendable func ask(_ url: HTTPURL, _ tls: TLSIdentity?, _ timeout: Int64) async -> Handshake.Outcome {
        questions.withLock { $0 += 1 }
        // An answer takes a while, in which others could ask.
        await Task.yield()
        return consent
    }

    var asked: Int { questions.withLock { $0 } }

    var deliveries: [Delivery] { got.withLock { $0 } }

    func deliveries(to url: String) -> [Delivery] { deliveries.filter { $0.url == url } }

    @Sendable func send(_ request: DeliveryRequest) async -> AttemptOutcome {
        var headers: [String: String] = [:]
        for line in String(decoding: request.headers.bytes, as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[colon...].dropFirst(2))
        }
        let delivery = Delivery(url: request.url.description, headers: headers, body: request.body)
        let number = got.withLock { got in
            got.append(delivery)
            return got.count
        }
        // An answer takes a while, in which others are called.
        repeat { await Task.yield() } while number > patience.withLock { $0 } && !Task.isCancelled
        if delivery.url.contains("dead") { return .failed("nobody is there") }
        if delivery.url.contains("silent") {
            // Ends when the follower is cancelled.
            for await _ in silence.stream {}
            return .failed("no answer")
        }
        return outcomes.withLock { $0.isEmpty ? .answered(204) : $0.removeFirst() }
    }
}

/// Lets others go on until something has come to pass; the suites' time limits bound it.
func until(_ condition: () throws -> Bool) async throws {
    while try !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

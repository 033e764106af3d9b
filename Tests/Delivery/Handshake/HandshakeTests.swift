@testable import Delivery
import HTTP
import IO
import Synchronization
import Testing

@Suite("The handshake of CloudEvents' web hooks")
struct HandshakeTests {
    private let origin = "eventemitter.example.com"

    private func answer(_ origins: [String], _ rates: [String], asked rate: Int? = 120, status: UInt16 = 200) -> Handshake.Outcome {
        Handshake.answer(HTTPStatus(Int(status)), allowedOrigins: origins, allowedRates: rates, to: origin, rate: rate)
    }

    @Test("the specification's answers are consent, whatever the status", arguments: [200, 204, 405, 500] as [UInt16])
    func consent(status: UInt16) {
        #expect(answer(["eventemitter.example.com"], ["100"], status: status) == .granted(rate: 100))
        #expect(answer(["*"], ["*"], status: status) == .granted(rate: nil))
        #expect(answer(["EventEmitter.Example.COM"], ["1"], status: status) == .granted(rate: 1))
    }

    @Test("without the origin there is no consent, whatever the status", arguments: [
        [], [""], ["other.example.com"], ["example.com"], ["*, *"], ["*", "*"], ["eventemitter.example.com.evil.example"], ["**"],
    ])
    func noConsent(origins: [String]) {
        #expect(!answer(origins, ["*"]).isGranted)
    }

    @Test("a rate that cannot be read is no consent", arguments: ["0", "-1", "", "1.5", "100/min", "+5", "1e3", " "])
    func badRate(rate: String) {
        #expect(!answer(["*"], [rate]).isGranted)
    }

    @Test("a receiver that forgets the rate agreed to the one that was asked for")
    func missingRate() {
        #expect(answer(["*"], []) == .granted(rate: 120))
        #expect(answer(["*"], [], asked: nil) == .granted(rate: nil))
    }

    @Test("a rate becomes the time between two requests", arguments: [
        (1, 60_000), (7, 8572), (60, 1000), (100, 600), (60_000, 1), (1_000_000, 1), (Int.max, 1),
    ] as [(Int, Int64)])
    func interval(rate: Int, milliseconds: Int64) {
        #expect(Handshake.Outcome.granted(rate: rate).interval == milliseconds)
        #expect(answer(["*"], ["99999999999999999999999"]).interval == 1)
    }

    @Test("what a stranger wrote stays short, printable and on one line")
    func hostileAnswer() {
        let text = answer([String(repeating: "\u{1b}[31m\"x", count: 1000)], ["*"]).text()
        #expect(text.utf8.count < 250)
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    }

    @Test("the origin is the registry's name without its port", arguments: [
        ("hub.example.com:5000", "hub.example.com"), ("hub.example.com", "hub.example.com"), ("[::1]:5000", "::1"), ("127.0.0.1:5000", "127.0.0.1"),
    ])
    func originOfRegistry(host: String, origin: String) {
        #expect(Handshake.origin(ofRegistry: host) == origin)
    }

    @Test("the question is an OPTIONS request for the very URL, without anything secret, and the answer counts")
    func question() async throws {
        let loops = try EventLoopGroup(count: 1)
        let pool = BlockingPool(threads: 2)
        let asked = Mutex<[String]>([])
        let server = HTTPServer(loops: loops, pool: pool) { request, _ in
            let fields = request.headers.all.filter { $0.name != "Host" }.map { "\($0.name)=\($0.value)" }
            asked.withLock { $0.append("\(request.method.text) \(request.head.path)?\(request.head.query ?? "") \(fields.joined(separator: "|"))") }
            guard request.head.path == "/hook" else { return Response(.noContent) }
            var answer = HeaderBuilder()
            answer.append("WebHook-Allowed-Origin", "hub.example.com")
            answer.append("webhook-allowed-rate", "30")
            return Response(.noContent, answer)
        }
        let address = try await server.listen(on: SocketAddress(ip: #require(IPAddress("127.0.0.1")), port: 0))
        let sender = try WebhookSender(policy: .localToo, loops: loops, pool: pool)
        let granted = await sender.handshake(with: try HTTPURL("http://\(address)/hook?x=1"), origin: "hub.example.com", rate: 120)
        #expect(granted == .granted(rate: 30))
        let refused = await sender.handshake(with: try HTTPURL("http://\(address)/other"), origin: "hub.example.com")
        #expect(!refused.isGranted && refused.text().contains("did not consent"))
        let failed = await sender.handshake(with: try HTTPURL("http://127.0.0.1:1/"), origin: "hub.example.com")
        #expect(failed.text().contains("could not be asked"))
        #expect(asked.withLock { $0 } == [
            "OPTIONS /hook?x=1 WebHook-Request-Origin=hub.example.com|WebHook-Request-Rate=120|User-Agent=signalbox",
            "OPTIONS /other? WebHook-Request-Origin=hub.example.com|User-Agent=signalbox",
        ])
        await server.stop(drain: 0)
    }
}

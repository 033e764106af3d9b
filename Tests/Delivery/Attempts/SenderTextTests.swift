import HTTP
import IO
import Testing

@testable import Delivery

@Suite("Why an attempt failed, in words")
struct SenderTextTests {
    @Test("a timeout says how long it was, and what bounds it")
    func timeout() {
        let error = HTTPClientError(.timedOut, "192.0.2.1:443 took too long to answer")
        #expect(
            WebhookSender.text(error, after: 14_600, 15_000)
                == "192.0.2.1:443 took too long to answer: given up after 15 s (the webhook's timeout is 15 s for all of an attempt)")
    }

    @Test("an address that the config file could allow says so, and one that it cannot does not", arguments: [
        ("127.0.0.1", true), ("10.0.0.1", true), ("169.254.169.254", false), ("0.0.0.0", false),
    ])
    func address(text: String, isUpToPolicy: Bool) throws {
        let address = try #require(IPAddress(text))
        let refusal = try #require(AddressPolicy.publicOnly.refusal(of: address))
        let shown = WebhookSender.text(HTTPClientError(.forbiddenAddress, "http://a must not be connected to: \(refusal)"), after: 1, 15_000)
        #expect(shown.contains(refusal) && shown.contains("webhooks.allowNetworks") == isUpToPolicy)
    }

    @Test("everything else is as it was")
    func others() {
        #expect(WebhookSender.text(HTTPClientError(.closed, "it hung up"), after: 1, 15_000) == "it hung up")
    }
}

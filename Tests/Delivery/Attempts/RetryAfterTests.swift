@testable import Delivery
import Testing

@Suite("Retry-After")
struct RetryAfterTests {
    @Test("seconds and dates are read, and bounded", arguments: [
        ("120", 120), ("0", 0), ("99999999999999999999999", RetryAfter.longest), ("Thu, 01 Jan 1970 00:16:45 GMT", 5),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", RetryAfter.longest),
    ] as [(String, Int64)])
    func values(text: String, seconds: Int64) {
        #expect(RetryAfter.seconds(text, now: 1000) == seconds)
    }

    @Test("what is neither says nothing", arguments: ["", "-1", "+5", "1.5", "soon", "5 s", "Thu, 01 Jan 1970", "٣"])
    func nothing(text: String) {
        #expect(RetryAfter.seconds(text, now: 0) == nil)
    }
}

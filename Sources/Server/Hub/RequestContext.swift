import Crypto
import Events
import HTTP
import IO
import Synchronization

extension Request {
    /// Who asks and how, for the record of a change. A client's own request id is kept where it is a plain word.
    func context() -> EventContext {
        let id = headers[.xRequestID].flatMap { Self.isPlain($0) ? $0 : nil } ?? Self.newID()
        let info = RequestInfo(
            id: id, address: client.description, userAgent: headers[.userAgent] ?? "", method: method.text)
        return EventContext(actor: .anonymous, request: info)
    }

    private static func isPlain(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || "-_.:".utf8.contains($0) }
    }

    /// Names one request in every log it turns up in: random for each start of the hub, and counted from there.
    private static func newID() -> String {
        let number = requestNumber.wrappingAdd(1, ordering: .relaxed).newValue
        let text = [UInt8](capacity: 32) { out in
            Hex.append(requestSeed.high, to: &out)
            // Odd, so that no two numbers meet, and neighbours look nothing alike.
            Hex.append(requestSeed.low &+ number &* 0x9E37_79B9_7F4A_7C15, to: &out)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

private let requestSeed = (high: UInt64.random(in: .min ... .max), low: UInt64.random(in: .min ... .max))
private let requestNumber = Atomic<UInt64>(0)

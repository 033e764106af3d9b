import Crypto
import Events
import HTTP
import IO

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

    /// Random, so that it names one request in every log it turns up in.
    private static func newID() -> String {
        let (high, low) = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        return Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: high >> ($0 * 8)) } + (0..<8).map { UInt8(truncatingIfNeeded: low >> ($0 * 8)) })
    }
}

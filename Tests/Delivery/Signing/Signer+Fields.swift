import HTTP

@testable import Delivery

extension Signer {
    /// What `sign` appends, line by line.
    func headers(id: String, timestamp: Int64, body: [UInt8]) throws -> [(name: String, value: String)] {
        var headers = HeaderBuilder()
        try sign(id: id, timestamp: timestamp, body: body, into: &headers)
        return String(decoding: headers.bytes, as: UTF8.self).split(separator: "\r\n").map { line in
            let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts[1]))
        }
    }

    /// The value of `webhook-signature`.
    func signatures(id: String, timestamp: Int64, body: [UInt8]) throws -> String {
        try headers(id: id, timestamp: timestamp, body: body).first { $0.name == "webhook-signature" }?.value ?? ""
    }
}

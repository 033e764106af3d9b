/// AWS Signature Version 4 with HMAC-SHA256: the key for one day, region and service. It signs requests, and verifies those
/// of others by signing what they say and comparing in constant time.
package struct SignatureV4: Sendable {
    package static let algorithm = "AWS4-HMAC-SHA256"

    /// `20150830/us-east-1/service/aws4_request`
    package let scope: String
    private let key: HMACKey

    /// - Parameter day: eight digits, UTC.
    package init(secretKey: String, day: String, region: String, service: String) {
        scope = "\(day)/\(region)/\(service)/aws4_request"
        var key = HMACKey(Array("AWS4\(secretKey)".utf8))
        for part in [day, region, service, "aws4_request"] { key = HMACKey(key.sha256(Array(part.utf8))) }
        self.key = key
    }

    /// - Parameter time: `20150830T123600Z`, as in `X-Amz-Date`.
    package func signature(of request: CanonicalRequest, at time: String) -> String {
        let digest = Hex.encode(hash(.sha256, Array(request.text.utf8)))
        return Hex.encode(key.sha256(Array("\(Self.algorithm)\n\(time)\n\(scope)\n\(digest)".utf8)))
    }

    /// The `Authorization` field's value.
    package func authorization(accessKey: String, _ request: CanonicalRequest, at time: String) -> String {
        "\(Self.algorithm) Credential=\(accessKey)/\(scope), SignedHeaders=\(request.signedHeaders), "
            + "Signature=\(signature(of: request, at: time))"
    }
}

extension SignatureV4 {
    /// A request in the one form that both sides sign.
    package struct CanonicalRequest: Sendable {
        package let text: String
        /// The names of the fields that are signed, sorted, joined by `;`.
        package let signedHeaders: String

        /// - Parameters:
        ///   - path: as it stands on the request line. It is encoded once more, as all services but S3 demand.
        ///   - query: decoded names and values.
        ///   - headers: the fields to be signed; lines of one name in their order.
        ///   - payloadHash: SHA-256 of the content in hexadecimal, or the word that stands for it.
        package init(
            method: String, path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)],
            payloadHash: String
        ) {
            var fields: [String: [String]] = [:]
            for header in headers { fields[header.name.lowercased(), default: []].append(Self.trimmed(header.value)) }
            let names = fields.keys.sorted()
            signedHeaders = names.joined(separator: ";")
            let pairs = query.map { (Self.encoded($0.name), Self.encoded($0.value)) }.sorted { $0 < $1 }
            var lines = [method, Self.encoded(path.isEmpty ? "/" : path, keepsSlash: true)]
            lines.append(pairs.map { "\($0)=\($1)" }.joined(separator: "&"))
            lines += names.map { "\($0):\((fields[$0] ?? []).joined(separator: ","))" }
            lines += ["", signedHeaders, payloadHash]
            text = lines.joined(separator: "\n")
        }

        /// Without space around it, and with single spaces in it.
        private static func trimmed(_ value: String) -> String {
            value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
        }

        private static func encoded(_ text: String, keepsSlash: Bool = false) -> String {
            let digits = Array("0123456789ABCDEF".utf8)
            var bytes: [UInt8] = []
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                    bytes.append(byte)
                case UInt8(ascii: "/") where keepsSlash: bytes.append(byte)
                default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

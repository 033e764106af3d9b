package import Delivery
import HTTP

extension Configuration {
    /// What payload formats say about this registry.
    package struct Formats: Sendable {
        /// How others reach it, where that is not what it listens on: behind a proxy, say. Without a slash at its end.
        package var publicURL: String?
        /// What `ecr` payloads call the registry's account.
        package var account = "000000000000"
        package var region = "local"
    }

    mutating func readFormats(_ root: ObjectReader) throws(ObjectReader.Failure) {
        if let text = try root.string("publicURL") {
            let url = text.last == "/" ? String(text.dropLast()) : text
            guard let parsed = try? HTTPURL(url), !parsed.target.contains("?") else {
                throw root.failure("publicURL", "must be an http or https URL without a query, not \"\(text)\"")
            }
            formats.publicURL = url
        }
        guard let reader = try root.object("ecr", keys: ["account", "region"]) else { return }
        if let account = try reader.string("account") {
            guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw reader.failure("account", "must be 12 digits, not \"\(account)\"")
            }
            formats.account = account
        }
        if let region = try reader.string("region") {
            guard (1...64).contains(region.utf8.count), region.utf8.allSatisfy(Self.isRegionByte) else {
                throw reader.failure("region", "must be 1 to 64 lower-case letters, digits and dashes, not \"\(region)\"")
            }
            formats.region = region
        }
    }

    private static func isRegionByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }

    /// - Parameter host: the name that events carry.
    package func formatOptions(host: String) -> FormatOptions {
        FormatOptions(
            publicURL: formats.publicURL ?? "\(tls == nil ? "http" : "https")://\(host)", accountID: formats.account,
            region: formats.region)
    }
}

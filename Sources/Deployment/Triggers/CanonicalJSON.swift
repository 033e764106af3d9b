import Crypto
package import JSON

extension JSONValue {
    /// The same value with the members of every object in the order of their keys.
    var sorted: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.sorted))
        case .object(let object):
            var sorted = JSONObject()
            for member in object.members.sorted(by: { $0.key < $1.key }) { sorted[member.key] = member.value.sorted }
            return .object(sorted)
        default: return self
        }
    }

    /// `sha256:` and the digest of the value, however its members are ordered.
    package var fingerprint: String {
        "sha256:" + Hex.encode(Crypto.hash(.sha256, sorted.encoded))
    }
}

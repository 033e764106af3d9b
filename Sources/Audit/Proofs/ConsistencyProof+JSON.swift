import Crypto
import EventLog
package import JSON

/// As the API answers and `audit consistency --json` prints it: sizes, roots and hashes, the latter two in Base64.
extension ConsistencyProof {
    /// The members of an object that is open.
    package func encodeMembers(into json: inout JSONWriter) {
        json.member("old", old)
        json.member("oldRoot", Base64.encode(oldRoot.bytes))
        json.member("new", size)
        json.member("newRoot", Base64.encode(root.bytes))
        json.key("proof")
        json.beginArray()
        for hash in hashes { json.string(Base64.encode(hash.bytes)) }
        json.endArray()
    }

    /// Reads what `encodeMembers` writes; nil where it is no proof.
    package init?(_ json: JSONValue) {
        func hash(_ value: JSONValue?) -> TreeHash? { value?.string.flatMap { Base64.decode($0) }.flatMap { TreeHash($0) } }
        guard let old = json["old"]?.int, let new = json["new"]?.int, let oldRoot = hash(json["oldRoot"]),
            let root = hash(json["newRoot"]), let hashes = json["proof"]?.array, hashes.count <= 64
        else { return nil }
        let proof = hashes.compactMap { hash($0) }
        guard proof.count == hashes.count, old >= 0, new >= old else { return nil }
        self.init(old: UInt64(old), oldRoot: oldRoot, size: UInt64(new), root: root, hashes: proof)
    }
}

package import Crypto

/// What a signature of a note is (C2SP signed-note, "Signature types").
package enum NoteSignatureType: UInt8, Sendable {
    /// Ed25519 over the text.
    case ed25519 = 1
    /// Ed25519 of a witness over a time and the text of a checkpoint (C2SP tlog-cosignature).
    case cosignature = 4
}

/// A key that verifies notes, with its name: C2SP's verifier key, `name+id+base64(type and key)`.
package struct NoteKey: Sendable, Hashable, CustomStringConvertible {
    package let name: String
    package let type: NoteSignatureType
    package let key: Ed25519PublicKey
    /// Names the key in a signature, beside `name`.
    package let id: UInt32

    /// - Throws: a sentence where the name cannot stand in a note.
    package init(name: String, type: NoteSignatureType, key: Ed25519PublicKey) throws(NoteError) {
        guard Self.isName(name) else {
            throw NoteError("\"\(name)\" cannot be the name of a key: it must not be empty nor have spaces, control characters or a plus sign")
        }
        self.name = name
        self.type = type
        self.key = key
        id = Self.id(name, type, key)
    }

    /// Reads a verifier key, and holds its id to its name and key.
    package init(_ text: String) throws(NoteError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let id = Hex.decode(String(parts[1])), id.count == 4,
            let material = Base64.decode(String(parts[2])), let first = material.first
        else { throw NoteError("\"\(text)\" is not a verifier key: it has the form NAME+ID+KEY") }
        guard let type = NoteSignatureType(rawValue: first), let key = try? Ed25519PublicKey(Array(material.dropFirst())) else {
            throw NoteError("the verifier key \(text) is not for Ed25519, the only kind that is known here")
        }
        try self.init(name: String(parts[0]), type: type, key: key)
        guard Self.bytes(self.id) == id else { throw NoteError("the id in the verifier key \(text) does not fit its name and key") }
    }

    package var description: String {
        "\(name)+\(Hex.encode(Self.bytes(id)))+\(Base64.encode([type.rawValue] + key.bytes))"
    }

    static func bytes(_ id: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: id >> $0) }
    }

    private static func id(_ name: String, _ type: NoteSignatureType, _ key: Ed25519PublicKey) -> UInt32 {
        let digest = Crypto.hash(.sha256, Array(name.utf8) + [0x0A, type.rawValue] + key.bytes)
        return digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    static let maxNameBytes = 255

    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= maxNameBytes
            && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "+" && $0.value != 0x7F && !$0.properties.isWhitespace }
    }
}

/// A text is no note, key or proof, or not one that can be trusted: one sentence.
package struct NoteError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

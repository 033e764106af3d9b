package import Crypto

/// A text with signatures below it (C2SP signed-note).
package struct SignedNote: Sendable, Hashable {
    /// Ends with a line feed; every byte of it is signed.
    package let text: String
    package var signatures: [Signature]

    package struct Signature: Sendable, Hashable {
        package let name: String
        package let id: UInt32
        /// What follows the key's id.
        package let bytes: [UInt8]
    }

    /// Beyond these a note is refused: it comes from outside.
    package static let maxBytes = 1 << 20
    package static let maxSignatures = 64
    package static let maxListBytes = 256 << 20
    private static let dash = "\u{2014} "

    package init(text: String, signatures: [Signature] = []) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note. That a signature is right is another question: see `verify`.
    package init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.maxBytes else { throw NoteError("a note of \(bytes.count) bytes is too long") }
        guard let whole = String(validating: bytes, as: UTF8.self) else { throw NoteError("the note is not UTF-8") }
        guard whole.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else { throw NoteError("the note has control characters") }
        // By scalars: a combining mark after a line feed must not hide the line's end.
        guard let split = Self.split(Array(whole.utf8)) else { throw NoteError("the note has no empty line with signatures below it") }
        text = String(decoding: split.text, as: UTF8.self)
        signatures = try Self.lines(split.signatures)
        guard !signatures.isEmpty else { throw NoteError("the note has no signature") }
    }

    /// Reads notes that stand one after another, as in a file that checkpoints are appended to: with empty lines between them, or with the
    /// lines that a `CheckpointStore` has there.
    package static func list(parsing bytes: [UInt8]) throws(NoteError) -> [SignedNote] {
        guard bytes.count <= maxListBytes else { throw NoteError("\(bytes.count) bytes of notes are too long") }
        var notes: [SignedNote] = []
        var note: [UInt8] = []
        // A note ends where no signature follows its signatures.
        var hasSignature = false
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let isSignature = line.starts(with: dash.utf8)
            if hasSignature, !isSignature {
                notes.append(try SignedNote(parsing: note))
                (note, hasSignature) = ([], false)
            }
            // No log is called so: names have no spaces.
            if note.isEmpty, line.isEmpty || line.starts(with: "checkpoint ".utf8) { continue }
            hasSignature = isSignature
            note += line + [0x0A]
        }
        if !note.isEmpty { notes.append(try SignedNote(parsing: note)) }
        guard !notes.isEmpty else { throw NoteError("there is no note") }
        return notes
    }

    /// At the last empty line.
    private static func split(_ bytes: [UInt8]) -> (text: ArraySlice<UInt8>, signatures: ArraySlice<UInt8>)? {
        guard bytes.count > 2, bytes.last == 0x0A else { return nil }
        var place = bytes.count - 2
        while place > 0, !(bytes[place] == 0x0A && bytes[place - 1] == 0x0A) { place -= 1 }
        return place > 0 ? (bytes[..<place], bytes[(place + 1)...]) : nil
    }

    /// Reads signature lines, each with its line feed.
    package static func lines(_ bytes: some Collection<UInt8>) throws(NoteError) -> [Signature] {
        var signatures: [Signature] = []
        guard bytes.isEmpty || Array(bytes.suffix(1)) == [0x0A] else { throw NoteError("the last signature has no line end") }
        for line in bytes.split(separator: 0x0A) {
            let line = String(decoding: line, as: UTF8.self)
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "\u{2014}", NoteKey.isName(parts[1]),
                let bytes = Base64.decode(String(parts[2])), bytes.count > 4
            else { throw NoteError("\"\(line.prefix(100))\" is not a signature of a note") }
            let id = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            signatures.append(Signature(name: String(parts[1]), id: id, bytes: Array(bytes.dropFirst(4))))
            guard signatures.count <= maxSignatures else { throw NoteError("the note has more than \(maxSignatures) signatures") }
        }
        return signatures
    }

    package var encoded: [UInt8] {
        Array((text + "\n" + signatures.map(\.line).joined()).utf8)
    }

    /// The keys of `keys` that signed the note.
    /// - Throws: where none did, or a signature that claims to be one of theirs is wrong.
    @discardableResult
    package func verify(_ keys: [NoteKey]) throws(NoteError) -> [NoteKey] {
        var signers: [NoteKey] = []
        for signature in signatures {
            guard let key = keys.first(where: { $0.name == signature.name && $0.id == signature.id }) else { continue }
            guard key.verifies(signature.bytes, text) else { throw NoteError("the signature of \(key.name) is wrong") }
            signers.append(key)
        }
        guard !signers.isEmpty else {
            let names = signatures.map(\.name).joined(separator: ", ")
            throw NoteError("the note is signed by \(names), with none of the keys that are trusted")
        }
        return signers
    }

    package mutating func sign(_ key: Ed25519PrivateKey, name: String) throws {
        let noteKey = try NoteKey(name: name, type: .ed25519, key: key.publicKey)
        signatures.append(Signature(name: name, id: noteKey.id, bytes: try key.sign(Array(text.utf8))))
    }
}

extension SignedNote.Signature {
    package var line: String { "\u{2014} \(name) \(Base64.encode(NoteKey.bytes(id) + bytes))\n" }

    /// A witness's signature: that it saw this text, and nothing that contradicts it, at a time in seconds since 1970.
    package static func cosignature(
        _ text: String, at time: UInt64, _ key: Ed25519PrivateKey, name: String
    ) throws -> SignedNote.Signature {
        let noteKey = try NoteKey(name: name, type: .cosignature, key: key.publicKey)
        var bytes: [UInt8] = []
        bytes.append(bigEndian: time)
        bytes += try key.sign(NoteKey.cosigned(text, time))
        return SignedNote.Signature(name: name, id: noteKey.id, bytes: bytes)
    }
}

extension NoteKey {
    /// Whether the signature (without the key's id) is this key's for the text.
    func verifies(_ signature: [UInt8], _ text: String) -> Bool {
        switch type {
        case .ed25519: return key.verifies(signature, of: Array(text.utf8))
        case .cosignature:
            guard signature.count == 8 + Ed25519PublicKey.signatureLength else { return false }
            let time = signature.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard time <= UInt64(Int64.max) else { return false }
            return key.verifies(Array(signature.dropFirst(8)), of: Self.cosigned(text, time))
        }
    }

    static func cosigned(_ text: String, _ time: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }
}

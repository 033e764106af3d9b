package import Crypto
import IO

/// The key that signs checkpoints, and the public keys of those that did before it.
///
///     data/
///     ├── checkpoint.key         32 bytes, the key's seed (0600)
///     ├── checkpoint.key.next    during a rotation
///     └── checkpoints/keys       a verifier key a line, the current one last
///
/// They have the log's origin as their name: it is given once, with the first key, and stays, unless the log is restored from a backup that
/// may lack something that was published under that name. Keys of the log that it was before come first then.
package struct CheckpointKeys: Sendable {
    package let current: Ed25519PrivateKey
    /// The oldest first, the current one last.
    package let known: [NoteKey]

    package var origin: String { known.last?.name ?? "" }

    private static let limit = 1 << 20

    /// Loads the keys, or makes the first one; finishes or takes back a rotation that a crash interrupted. Blocks.
    /// - Parameters:
    ///   - origin: what the log is to be called, where it has no name yet.
    ///   - last: the newest checkpoint that was kept.
    package static func open(data: String, origin: String, last: SignedNote?) throws -> CheckpointKeys {
        try finishRotation(data, last)
        let known = try load(data)
        let path = keyPath(data)
        if try !known.isEmpty && !Files.exists(path) {
            throw NoteError("\(path) is missing, the key that signs the log's checkpoints: restore it from a backup")
        }
        let key = try KeyFile.loadOrCreateSigningKey(path)
        if let last = known.last {
            guard last.key == key.publicKey else {
                throw NoteError("\(path) is not the key that \(listPath(data)) names last: restore both from one backup")
            }
            return CheckpointKeys(current: key, known: known)
        }
        let first = try NoteKey(name: origin, type: .ed25519, key: key.publicKey)
        try save([first], data)
        return CheckpointKeys(current: key, known: [first])
    }

    /// The public keys of a data folder; none where nothing was signed yet.
    package static func load(_ data: String) throws -> [NoteKey] {
        guard let bytes = try Files.read(listPath(data), limit: limit) else { return [] }
        return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { try NoteKey(String($0)) }
    }

    /// A new key that is about to take the place of the current one.
    package struct Rotation: Sendable {
        package let keys: CheckpointKeys
        package let old: NoteKey
        package let new: NoteKey
        let next: Ed25519PrivateKey
        let data: String

        /// Keeps the last checkpoint once more, signed by both keys, so that whoever trusts the old one can go on to the new one. Blocks.
        package func finish() throws {
            let store = try CheckpointStore(folder(data))
            if let text = store.last?.text {
                var note = SignedNote(text: text)
                try note.sign(keys.current, name: old.name)
                try note.sign(next, name: old.name)
                try store.append(note)
            }
            try complete(data, next, name: old.name)
        }
    }

    /// Makes a new key. It counts when `finish` is done, and is thrown away by the next `open` before that. The folder must be held by the caller. Blocks.
    package static func beginRotation(data: String, origin: String) throws -> Rotation {
        let keys = try open(data: data, origin: origin, last: CheckpointStore(folder(data)).last)
        guard let old = keys.known.last else { throw NoteError("\(listPath(data)) is empty") }
        let next = try KeyFile.loadOrCreateSigningKey(nextPath(data))
        return Rotation(keys: keys, old: old, new: try NoteKey(name: old.name, type: .ed25519, key: next.publicKey), next: next, data: data)
    }

    /// The new key counts from the moment that a checkpoint with its signature is kept.
    private static func finishRotation(_ data: String, _ last: SignedNote?) throws {
        guard try Files.exists(nextPath(data)), let name = try load(data).last?.name else { return }
        let next = try KeyFile.loadOrCreateSigningKey(nextPath(data))
        let key = try NoteKey(name: name, type: .ed25519, key: next.publicKey)
        if try load(data).contains(key) || (last.map { (try? $0.verify([key])) != nil } ?? false) {
            try complete(data, next, name: name)
        } else {
            try Files.unlinkIfPresent(nextPath(data))
        }
    }

    private static func complete(_ data: String, _ next: Ed25519PrivateKey, name: String) throws {
        let key = try NoteKey(name: name, type: .ed25519, key: next.publicKey)
        let known = try load(data)
        if !known.contains(key) { try save(known + [key], data) }
        try Files.rename(nextPath(data), to: keyPath(data))
        try Files.syncDirectory(data)
    }

    private static func save(_ keys: [NoteKey], _ data: String) throws {
        try Files.makeDirectories(folder(data))
        try Files.replace(listPath(data), with: Array(keys.map { "\($0)\n" }.joined().utf8))
    }

    /// Makes another log of a restored one: a new key under a new name, which begins with the old one and says how much of it is there. Blocks.
    /// - Parameters:
    ///   - origin: the name that the log had.
    ///   - size: how many of its records are there.
    package static func succeed(data: String, origin: String, size: UInt64) throws -> CheckpointKeys {
        for path in [keyPath(data), nextPath(data)] { try Files.unlinkIfPresent(path) }
        let key = try KeyFile.loadOrCreateSigningKey(keyPath(data))
        // The key's hash: no two restores get one name, whatever the clock says.
        let suffix = "\(restoredMark)\(size)-\(Hex.encode(Array(hash(.sha256, key.publicKey.bytes).prefix(4))))"
        var base = origin.firstRange(of: restoredMark).map { String(origin[..<$0.lowerBound]) } ?? origin
        while base.utf8.count + suffix.utf8.count > NoteKey.maxNameBytes { base.removeLast() }
        let next = try NoteKey(name: base + suffix, type: .ed25519, key: key.publicKey)
        let known = try load(data) + [next]
        try save(known, data)
        return CheckpointKeys(current: key, known: known)
    }

    private static let restoredMark = "/restored-"

    package static func folder(_ data: String) -> String { data + "/checkpoints" }
    /// Where the public keys are, in a data folder.
    package static let listPath = "checkpoints/keys"
    private static func listPath(_ data: String) -> String { data + "/" + listPath }
    private static func keyPath(_ data: String) -> String { data + "/checkpoint.key" }
    private static func nextPath(_ data: String) -> String { data + "/checkpoint.key.next" }
}

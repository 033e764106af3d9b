import TestSupport
import Crypto
import IO
import Testing

@testable import Delivery

@Suite struct CredentialStoreTests {
    private let folder: TemporaryFolder
    private let store: CredentialStore
    private let credentials: WebhookCredentials
    private let name: String

    init() throws {
        folder = try TemporaryFolder()
        store = CredentialStore(directory: folder.path, key: try SecretKey.random())
        credentials = WebhookCredentials(
            secrets: [try .random()], authorization: "Bearer hidden", headers: [WebhookCredentials.Header(name: "X-A", value: "hidden")])
        name = try store.save(credentials, for: "a")
    }

    private var path: String { "\(folder.path)/a.\(name).secret" }

    @Test("a document is sealed on disk, for its owner alone, and reads back")
    func sealed() throws {
        let bytes = try #require(try Files.read(path, limit: 4096))
        for text in ["hidden", "X-A", "whsec_"] { #expect(!bytes.contains(Array(text.utf8))) }
        #expect(try Files.info(path)?.mode == 0o600)
        #expect(try store.load("a", name) == credentials)
    }

    @Test("a change gets a name of its own, and the old document stays until it is removed")
    func versions() throws {
        var changed = credentials
        changed.authorization = nil
        let next = try store.save(changed, for: "a")
        #expect(next != name)
        #expect(try store.load("a", name) == credentials)
        #expect(try store.load("a", next) == changed)
        try store.remove("a", name)
        #expect(throws: WebhookError.self) { try store.load("a", name) }
        #expect(try store.load("a", next) == changed)
    }

    @Test("a secret of the first version is read")
    func firstVersion() throws {
        let secret = try SigningSecret.random()
        try Files.replace(
            folder.path + "/old.secret", with: AEAD.seal(secret.bytes, key: store.key, associatedData: Array("old".utf8)))
        #expect(try store.load("old", nil) == WebhookCredentials(secrets: [secret]))
    }

    @Test("the file of another webhook, or of another time, is refused")
    func swapped() throws {
        let other = try store.save(credentials, for: "b")
        try Files.rename(path, to: "\(folder.path)/b.\(other).secret")
        #expect(throws: WebhookError.self) { try store.load("b", other) }
        let next = try store.save(credentials, for: "a")
        try Files.rename("\(folder.path)/a.\(next).secret", to: path)
        #expect(throws: WebhookError.self) { try store.load("a", name) }
    }

    @Test("a missing, cut or changed file, and another key, are refused")
    func damaged() throws {
        #expect(throws: WebhookError.self) { try store.load("none", nil) }
        let other = CredentialStore(directory: folder.path, key: try SecretKey.random())
        #expect(throws: WebhookError.self) { try other.load("a", name) }
        let whole = try #require(try Files.read(path, limit: 4096))
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 1
            try Files.replace(path, with: changed)
            #expect(throws: WebhookError.self) { try store.load("a", name) }
            try Files.replace(path, with: Array(whole[..<index]))
            #expect(throws: WebhookError.self) { try store.load("a", name) }
        }
    }

    @Test("what belongs to no webhook, and what a change that was cut short has left, is removed, and nothing else")
    func leftovers() throws {
        let gone = try store.save(credentials, for: "b")
        _ = try store.save(credentials, for: "a")
        for name in ["a.cursor", "b.cursor"] { try folder.write(name, "") }
        try Files.replace(folder.path + "/old.secret", with: [1])
        try store.removeAll(except: ["a": name, "old": nil])
        #expect(Set(try Files.list(folder.path)) == ["a.\(name).secret", "a.cursor", "old.secret"])
        #expect(throws: WebhookError.self) { try store.load("b", gone) }
    }
}

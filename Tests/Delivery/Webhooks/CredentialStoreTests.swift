import TestSupport
import Crypto
import IO
import Testing

@testable import Delivery

@Suite struct SecretStoreTests {
    private let folder: TemporaryFolder
    private let store: SecretStore
    private let secret: SigningSecret

    init() throws {
        folder = try TemporaryFolder()
        store = SecretStore(directory: folder.path, key: try SecretKey.random())
        secret = try SigningSecret.random()
        try store.save(secret, for: "a")
    }

    @Test("a secret is sealed on disk, for its owner alone, and reads back")
    func sealed() throws {
        let bytes = try #require(try Files.read(folder.path + "/a.secret", limit: 4096))
        #expect(!bytes.contains(secret.bytes))
        #expect(!bytes.contains(Array(secret.revealed.utf8)))
        #expect(try Files.info(folder.path + "/a.secret")?.mode == 0o600)
        #expect(try store.load("a").bytes == secret.bytes)
    }

    @Test("the file of another webhook is refused")
    func swapped() throws {
        try store.save(SigningSecret.random(), for: "b")
        try Files.rename(folder.path + "/a.secret", to: folder.path + "/b.secret")
        #expect(throws: WebhookError.self) { try store.load("b") }
    }

    @Test("a missing, cut or changed file, and another key, are refused")
    func damaged() throws {
        #expect(throws: WebhookError.self) { try store.load("none") }
        let other = SecretStore(directory: folder.path, key: try SecretKey.random())
        #expect(throws: WebhookError.self) { try other.load("a") }
        let whole = try #require(try Files.read(folder.path + "/a.secret", limit: 4096))
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 1
            try Files.replace(folder.path + "/a.secret", with: changed)
            #expect(throws: WebhookError.self) { try store.load("a") }
            try Files.replace(folder.path + "/a.secret", with: Array(whole[..<index]))
            #expect(throws: WebhookError.self) { try store.load("a") }
        }
    }

    @Test("what belongs to no webhook is removed, and nothing else")
    func leftovers() throws {
        try store.save(SigningSecret.random(), for: "b")
        try CursorFile(folder.path + "/b.cursor").save(1)
        try CursorFile(folder.path + "/a.cursor").save(1)
        try store.removeAll(except: ["a"])
        #expect(try Files.list(folder.path).sorted() == ["a.cursor", "a.secret"])
    }
}

import Crypto
import JSON
import TestSupport
import Testing

@testable import Delivery

@Suite struct CredentialsTests {
    private static func full() throws -> WebhookCredentials {
        var credentials = WebhookCredentials(
            schemes: SignatureScheme.allCases,
            secrets: try [SigningTests.text, SigningTests.privateText].map { try #require(SigningSecret($0)) },
            token: "shared \"text\"", authorization: "Bearer \\abc", headers: [.init(name: "X-Team", value: "a, b")],
            tls: .init(authorities: "-----BEGIN\n", certificate: "c", key: "k"))
        try credentials.rotate(now: 1000)
        return credentials
    }

    @Test("what was encoded is read back")
    func roundTrip() throws {
        for credentials in [WebhookCredentials(), try Self.full()] {
            #expect(try WebhookCredentials(decoding: credentials.encoded()) == credentials)
        }
    }

    @Test("a rotation makes a secret of each kind in use, and the old ones expire a day later")
    func rotates() throws {
        var credentials = WebhookCredentials(schemes: [.v1, .v1a])
        let first = try credentials.makeMissing()
        #expect(first.map(\.kind) == [.symmetric, .asymmetric])
        #expect(try credentials.makeMissing().isEmpty)
        let second = try credentials.rotate(now: 1000)
        #expect(credentials.secrets.map(\.secret) == second + first)
        #expect(credentials.secrets.map(\.expires) == [nil, nil, 87_400, 87_400])
        #expect(credentials.current(.symmetric) == second.first)
        credentials.removeExpired(now: 87_399)
        #expect(credentials.secrets.count == 4)
        credentials.removeExpired(now: 87_400)
        #expect(credentials.secrets.map(\.secret) == second)
    }

    @Test("a given secret replaces the one of its kind alone")
    func given() throws {
        var credentials = WebhookCredentials(schemes: [.v1, .v1a])
        let first = try credentials.makeMissing()
        let new = try SigningSecret.random(.asymmetric)
        #expect(try credentials.rotate(new: new, overlap: 0, now: 1000) == [new])
        #expect(credentials.secrets.map(\.secret) == [new, first[0]])
        #expect(throws: WebhookError.self) { try credentials.rotate(new: new, now: 1000) }
    }

    @Test("an old secret can come back, while it still signs and after, and stands once")
    func comesBack() throws {
        for later in [1010, 1000 + WebhookCredentials.standardOverlap] {
            var credentials = WebhookCredentials(schemes: [.v1a])
            let old = try credentials.makeMissing()[0]
            let new = try credentials.rotate(now: 1000)[0]
            #expect(try credentials.rotate(new: old, overlap: 60, now: later) == [old])
            #expect(credentials.secrets.map(\.secret) == [old, new] && credentials.secrets.map(\.expires) == [nil, later + 60])
        }
    }

    @Test("a second rotation never makes an old secret last longer")
    func shortens() throws {
        var credentials = WebhookCredentials()
        _ = try credentials.makeMissing()
        try credentials.rotate(overlap: 100, now: 1000)
        try credentials.rotate(overlap: 500, now: 1010)
        #expect(credentials.secrets.map(\.expires) == [nil, 1510, 1100])
        try credentials.rotate(overlap: 0, now: 1020)
        #expect(credentials.secrets.map(\.expires) == [nil])
    }

    @Test("an overlap beyond its bounds, and a rotation too many, change nothing")
    func bounds() throws {
        var credentials = WebhookCredentials()
        _ = try credentials.makeMissing()
        for overlap in [-1, 30 * 86_400 + 1, Int64.min, .max] {
            #expect(throws: WebhookError.self) { try credentials.rotate(overlap: overlap, now: 1000) }
        }
        for _ in 1..<WebhookCredentials.maximumSecrets { try credentials.rotate(now: 1000) }
        let before = credentials
        #expect { try credentials.rotate(now: 1000) } throws: { ($0 as? WebhookError)?.code == .tooMany }
        #expect(credentials == before)
        try credentials.rotate(overlap: 0, now: 1000)
        #expect(credentials.secrets.count == 1)
    }

    @Test("a secret too many is not made, those that expired leave their place, and a document with more, of an earlier version, is read")
    func tooMany() throws {
        var credentials = WebhookCredentials()
        _ = try credentials.makeMissing()
        for _ in 1..<WebhookCredentials.maximumSecrets { try credentials.rotate(now: 1000) }
        credentials.schemes = [.v1, .v1a]
        let before = credentials
        #expect { try credentials.makeMissing() } throws: { ($0 as? WebhookError)?.code == .tooMany }
        #expect(credentials == before)
        credentials.removeExpired(now: 1000 + WebhookCredentials.standardOverlap)
        #expect(try credentials.makeMissing().map(\.kind) == [.asymmetric])
        var earlier = before
        earlier.secrets.append(.init(secret: try .random(.asymmetric), expires: nil))
        #expect(try WebhookCredentials(decoding: earlier.encoded()) == earlier)
    }

    @Test("a token scheme needs a shared secret only where no token was given")
    func needs() {
        #expect(WebhookCredentials(schemes: [.signature]).neededKinds == [.symmetric])
        #expect(WebhookCredentials(schemes: [.signature], token: "12345678").neededKinds == [])
        #expect(WebhookCredentials(schemes: [.v1a]).neededKinds == [.asymmetric])
        #expect(WebhookCredentials(schemes: []).neededKinds == [])
    }

    @Test("printing credentials shows nothing of them")
    func hidden() throws {
        let credentials = try Self.full()
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(Signer(credentials), to: &dumped)
        for shown in ["\(credentials)", String(reflecting: credentials), "\(Signer(credentials))", dumped] {
            for secret in ["MfKQ", "6Xb", "shared", "abc", "a, b", "BEGIN"] { #expect(!shown.contains(secret)) }
        }
    }

    @Test(
        "what cannot be sent as it is, or would be mistaken for the hub's own, is refused",
        arguments: [
            ("", "x", "/headers/"), ("X Y", "x", "/headers/X Y"), ("X\r\nY", "x", "/headers/X\r\nY"), ("a/b", "x", "/headers/a~1b"),
            ("X", "a\r\nY: b", "/headers/X"), ("X", "", "/headers/X"), ("X", " a", "/headers/X"), ("X", "a\u{7F}", "/headers/X"),
            ("X", "ä", "/headers/X"), ("Host", "x", "/headers/Host"), ("content-LENGTH", "1", "/headers/content-LENGTH"),
            ("Authorization", "x", "/headers/Authorization"), ("webhook-id", "x", "/headers/webhook-id"),
            ("ce-type", "x", "/headers/ce-type"), ("X-Signature", "x", "/headers/X-Signature"),
            ("Proxy-Authorization", "x", "/headers/Proxy-Authorization"),
        ])
    func headers(name: String, value: String, pointer: String) {
        let credentials = WebhookCredentials(headers: [.init(name: name, value: value)])
        #expect { try credentials.check() } throws: { ($0 as? WebhookError)?.pointer == pointer }
    }

    @Test("a damaged document is refused, and the error quotes nothing of it")
    func damaged() throws {
        let whole = try Self.full().encoded()
        for end in whole.indices { try refuse(Array(whole[..<end])) }
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            // A change within a text can be valid: then it must be a document that reads back as itself.
            if let read = try? WebhookCredentials(decoding: changed) {
                #expect(try WebhookCredentials(decoding: read.encoded()) == read)
            } else {
                try refuse(changed)
            }
        }
        for text in [
            "[]", "{}", #"{"version":2,"signing":[],"secrets":[],"headers":[]}"#,
            #"{"version":1,"signing":["v9"],"secrets":[],"headers":[]}"#, #"{"version":1,"signing":[],"secrets":[],"headers":[],"x":1}"#,
            #"{"version":1,"signing":["v1","v1"],"secrets":[],"headers":[]}"#,
            #"{"version":1,"signing":[],"secrets":[{"secret":"whsec_MfKQ"}],"headers":[]}"#,
            #"{"version":1,"signing":[],"secrets":[],"headers":[{"name":"a","value":"b\r\nc"}]}"#,
            #"{"version":1,"signing":[],"secrets":[],"headers":[],"token":1}"#,
        ] { try refuse(Array(text.utf8)) }
    }

    private func refuse(_ bytes: [UInt8]) throws {
        #expect { try WebhookCredentials(decoding: bytes) } throws: { error in
            guard let error = error as? WebhookError, error.code == .damaged else { return false }
            return !["MfKQ", "6Xb", "abc"].contains { error.message.contains($0) }
        }
    }
}

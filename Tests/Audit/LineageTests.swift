import Crypto
import Events
import IO
import Testing
import TestSupport

@testable import Audit
@testable import EventLog

@Suite("a log that goes on under another name")
struct LineageTests {
    /// A log of 40 records that was set back to 26 of them, with what a restore puts behind.
    private struct Restored {
        let log: ProvenLog
        /// The last checkpoint of before, over all 40.
        let lost: SignedNote
        let keys: [NoteKey]

        init(signsBefore: Bool = true, _ forge: (inout RestoreNotice) -> Void = { _ in }) async throws {
            log = try await ProvenLog()
            let folder = CheckpointKeys.folder(log.data)
            lost = try #require(try CheckpointStore(folder).last)
            #expect(try LogCut.run(directory: log.data + "/log", after: 26) == 26)
            try CheckpointStore.cut(folder, to: 26)
            let root = try LogRoot.compute(data: log.data, size: 26)
            #expect(try CheckpointStore(folder).last.map { try Checkpoint(text: $0.text).root } == root)
            let new = try CheckpointKeys.succeed(data: log.data, origin: "hub.example/log", size: 26)
            keys = new.known
            if signsBefore {
                var note = SignedNote(text: Checkpoint(origin: new.origin, size: 26, root: root).text)
                try note.sign(new.current, name: new.origin)
                try CheckpointStore(folder).append(note)
            }
            var notice = RestoreNotice(
                origin: new.origin, previousOrigin: "hub.example/log", size: 26, root: Base64.encode(root.bytes), reason: "test", backupTime: 0)
            forge(&notice)
            let event = Event(
                id: .next(now: 0), registry: "hub.example", context: EventContext(
                    actor: .system("restore"), request: RequestInfo(id: "", address: "", userAgent: "", method: "")), payload: .logRestored(notice))
            var body: [UInt8] = []
            event.encode(into: &body, sequence: 27, time: 0)
            let open = try ProvenLog.openLog(log.data)
            try open.markInUse()
            try open.commitAndWait { [body] in $0.append { _, out in out += body } }
            try await ProvenLog.write([Array("{}".utf8), Array("{\"a\":1}".utf8)], to: open)
            let store = try CheckpointStore(folder)
            let notary = try Notary(options: Notary.Options(data: log.data), log: open, pool: BlockingPool(threads: 1), store: store, keys: new)
            await notary.signNow()
            #expect(notary.failure == nil)
            open.close()
        }

        func verify(trusted: [NoteKey]? = nil, outside: [SignedNote] = []) throws -> VerifyReport {
            try log.verify(keys: keys, trusted: trusted, outside: outside.map { ("FILE", $0) })
        }
    }

    @Test("checkpoints up to the restore fit under the old key, and later ones under the new one", arguments: [true, false])
    func fits(signsBefore: Bool) async throws {
        let restored = try await Restored(signsBefore: signsBefore)
        let report = try restored.verify()
        #expect(report.findings.isEmpty, "\(report.findings.map(\.text))")
        #expect(report.last == 29 && report.provenSize == 29 && report.checkpoints == (signsBefore ? 5 : 4))
        #expect(restored.keys.map(\.name).first == "hub.example/log")
        #expect(restored.keys.last?.name.hasPrefix("hub.example/log/restored-26-") == true)
    }

    @Test("a record that goes on from other records than those before it is found")
    func forgedNotices() async throws {
        let forgeries: [(inout RestoreNotice) -> Void] = [
            { $0.size = 25 }, { $0.root = "AAAA" }, { $0.origin = "other" }, { $0.previousOrigin = nil }, { $0.previousOrigin = "other" },
        ]
        for (number, forge) in forgeries.enumerated() {
            #expect(try await !Restored(forge).verify().findings.isEmpty, "forgery \(number)")
        }
    }

    @Test("checkpoints under another name that no record speaks of are those of another log")
    func silentChange() async throws {
        let log = try await ProvenLog()
        let root = try LogRoot.compute(data: log.data, size: 40)
        let new = try CheckpointKeys.succeed(data: log.data, origin: "hub.example/log", size: 40)
        var note = SignedNote(text: Checkpoint(origin: new.origin, size: 40, root: root).text)
        try note.sign(new.current, name: new.origin)
        try CheckpointStore(CheckpointKeys.folder(log.data)).append(note)
        #expect(try log.verify(keys: new.known).findings.first?.what.contains("is of another log") == true)
    }

    @Test("a checkpoint of what was lost by the restore tells which records those are")
    func lostRecords() async throws {
        let restored = try await Restored()
        let finding = try #require(try restored.verify(outside: [restored.lost]).findings.first)
        #expect(finding.what.contains("records 27 to 40 of the other are lost") && finding.sequence == 27, "\(finding.text)")
        // The old key signs nothing that comes after.
        let folder = CheckpointKeys.folder(restored.log.data)
        try CheckpointStore(folder).append(restored.lost)
        #expect(try !restored.verify().findings.isEmpty)
    }

    @Test("only what a trusted key signed counts, and who trusts the new one needs nothing of the old one")
    func trusted() async throws {
        let restored = try await Restored()
        let (old, new) = (restored.keys[0], restored.keys[1])
        let byNew = try restored.verify(trusted: [new])
        #expect(byNew.findings.isEmpty && byNew.unproven == 0 && byNew.notes.contains { $0.contains("hub.example/log ") }, "\(byNew)")
        let byOld = try restored.verify(trusted: [old])
        #expect(byOld.findings.isEmpty && byOld.provenSize == 26 && byOld.unproven == 3)
        #expect(try restored.verify(trusted: [old, new]).checkpoints == 5)
        let stranger = try NoteKey(name: "hub.example/log", type: .ed25519, key: try Ed25519PrivateKey.random().publicKey)
        #expect(try !restored.verify(trusted: [stranger]).findings.isEmpty)
        let elsewhere = try NoteKey(name: "elsewhere", type: .ed25519, key: try Ed25519PrivateKey.random().publicKey)
        #expect(try !restored.verify(trusted: [elsewhere]).findings.isEmpty, "nothing is of a log that is trusted")
    }

    @Test("a name that was restored often, or is long, stays within what a key's name may be")
    func names() throws {
        let folder = try TemporaryFolder()
        var origin = String(repeating: "ä", count: 120) + "/log"
        for size in [7, UInt64.max, 8] {
            let keys = try CheckpointKeys.succeed(data: folder.path, origin: origin, size: size)
            origin = keys.origin
            #expect(origin.utf8.count <= 255 && origin.contains("/restored-\(size)-"), "\(origin)")
            #expect(origin.ranges(of: "/restored-").count == 1)
            #expect(try KeyFile.loadOrCreateSigningKey(folder.path + "/checkpoint.key").publicKey == keys.known.last?.key)
        }
        #expect(try CheckpointKeys.load(folder.path).count == 3)
    }
}

import Crypto
import Events
import IO
import Testing
import TestSupport

@testable import Audit
@testable import EventLog

@Suite("witness")
struct WitnessTests {
    private struct Setup {
        let proven: ProvenLog
        let log: EventLog
        let notary: Notary
        let folder: TemporaryFolder
        let witness: Witness

        init() async throws {
            proven = try await ProvenLog()
            log = try ProvenLog.openLog(proven.data)
            notary = try ProvenLog.notary(proven.data, log)
            folder = try TemporaryFolder()
            witness = try Witness(data: folder.path, name: "witness.example/w1", logs: notary.keys.known)
        }

        /// What there is to say about a checkpoint that may not follow on the one before; nil where it is not refused for that.
        func refused(_ request: [UInt8]) throws -> WitnessNotice? {
            do { _ = try witness.add(request, now: 1) } catch let refusal as Witness.Refusal {
                if case .inconsistent(_, let notice) = refusal { return notice }
            }
            return nil
        }

        func notes() throws -> [SignedNote] {
            var notes: [SignedNote] = []
            _ = try CheckpointStore.all(CheckpointKeys.folder(proven.data)) { notes.append($0.note) }
            return notes
        }

        func request(from old: UInt64, _ note: SignedNote) throws -> [UInt8] {
            var proofs = try #require(notary.tree).proofs()
            return WitnessRequest(
                old: old, proof: try proofs.consistency(from: old, to: Checkpoint(text: note.text).size), note: note).encoded
        }
    }

    @Test("signs each checkpoint that follows on the one before, and keeps it")
    func cosigns() async throws {
        let setup = try await Setup()
        defer { setup.log.close() }
        var old: UInt64 = 0
        for note in try setup.notes() {
            let signed = try setup.witness.add(setup.request(from: old, note), now: 1_700_000_000)
            #expect((signed.began?.head.size == 5) == (old == 0), "a log is new once")
            var cosigned = SignedNote(text: note.text)
            cosigned.signatures = try SignedNote.lines(signed.lines)
            #expect(try cosigned.verify([setup.witness.key]) == [setup.witness.key])
            old = try Checkpoint(text: note.text).size
        }
        // It remembers over a restart.
        let again = try Witness(data: setup.folder.path, name: "witness.example/w1", logs: setup.notary.keys.known)
        #expect(again.key == setup.witness.key)
        let origin = Hex.encode(hash(.sha256, Array("hub.example/log".utf8)))
        let kept = try #require(try again.newest(originHash: origin))
        #expect(try kept.verify([again.key] + setup.notary.keys.known).count == 2)
        #expect(throws: Witness.Refusal.conflict(40)) { try again.add(setup.request(from: 5, setup.notes()[3]), now: 1) }
    }

    @Test("refuses what is unknown, unsigned, out of turn or does not follow")
    func refuses() async throws {
        let setup = try await Setup()
        defer { setup.log.close() }
        let notes = try setup.notes()
        _ = try setup.witness.add(setup.request(from: 0, notes[0]), now: 1)
        #expect(throws: Witness.Refusal.conflict(5)) { try setup.witness.add(setup.request(from: 0, notes[1]), now: 1) }
        #expect(throws: Witness.Refusal.self) { try setup.witness.add(Array("old x\n\n".utf8), now: 1) }
        let wrong = WitnessRequest(old: 5, proof: [], note: notes[1]).encoded
        #expect(try setup.refused(wrong)?.head.size == 6)
        let other = try await ProvenLog(batches: [6])
        var stranger: [SignedNote] = []
        _ = try CheckpointStore.all(CheckpointKeys.folder(other.data)) { stranger.append($0.note) }
        do {
            _ = try setup.witness.add(WitnessRequest(old: 5, proof: [], note: stranger[0]).encoded, now: 1)
            Issue.record("a checkpoint of another key was signed")
        } catch let refusal as Witness.Refusal {
            guard case .notSigned = refusal else { throw refusal }
        }
        // A rewritten log of the same key: same size as a checkpoint that was signed, another root.
        var forged = SignedNote(text: Checkpoint(origin: "hub.example/log", size: 5, root: try Checkpoint(text: notes[1].text).root).text)
        let store = try CheckpointStore(CheckpointKeys.folder(setup.proven.data))
        let key = try CheckpointKeys.open(data: setup.proven.data, origin: "x", last: store.last)
        try forged.sign(key.current, name: "hub.example/log")
        let refused = try #require(try setup.refused(WitnessRequest(old: 5, proof: [], note: forged).encoded))
        #expect(refused.kind == .refused && refused.origin == "hub.example/log" && refused.head.size == 5 && refused.previous?.size == 5)
        #expect(refused.head.root != refused.previous?.root && refused.checkpoint == String(decoding: forged.encoded, as: UTF8.self))
        let unknown = try Witness(data: setup.folder.path, name: "w", logs: [])
        #expect(throws: Witness.Refusal.unknownOrigin) { try unknown.add(setup.request(from: 0, notes[0]), now: 1) }
    }
}

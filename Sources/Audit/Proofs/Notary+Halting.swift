package import EventLog
import IO
import Synchronization

/// A log must have one history under its key. Who has a checkpoint that this log does not lead to has another one.
extension Notary {
    /// Holds the log to what others have of it, with `hold` and `halt`. False where that could not be done, since the hub ends.
    package typealias Look = @Sendable (_ notary: Notary) async -> Bool

    /// Says what is to be done once before anything is signed.
    package func lookFirst(_ look: @escaping Look) { state.withLock { $0.look = look } }

    /// Throws where nothing is to be signed.
    func lookOnce() async throws {
        let look = state.withLock { state in
            defer { state.look = nil }
            return state.look
        }
        if let look, await !look(self) {
            state.withLock { $0.look = look }
            throw CancellationError()
        }
        if let why = state.withLock({ $0.halted }) { throw NoteError(halted(why)) }
    }

    /// How many records are on disk.
    package var durable: UInt64 { log.durableSequence }
    /// Nothing is signed until somebody looked.
    package var isHalted: Bool { state.withLock { $0.halted != nil } }

    /// Stops signing for good: until an operator looked, over restarts too.
    package func halt(_ why: String) async {
        let isNew = state.withLock { state in
            if state.halted != nil { return false }
            (state.halted, state.failure, state.tree) = (why, halted(why), nil)
            return true
        }
        guard isNew else { return }
        Diagnostics.error("nothing is signed any more: \(halted(why))")
        do {
            try await pool.run { [options] () throws(IOError) in try HaltMark.set(options.data, why) }
        } catch {
            Diagnostics.error("that nothing is to be signed any more could not be noted: \(error)")
        }
    }

    func halted(_ why: String) -> String {
        "\(why). What would be signed now may be a second history under the same key, so nothing is. Where this folder is right, remove \(HaltMark.path(options.data)) and "
            + "start the hub again; where it was set back, back it up and restore that backup: 'signalbox restore' makes a log with a name and key of its own of it"
    }

    /// Holds the log to a checkpoint that somebody else has of it. The signature is the caller's to check.
    /// - Parameter place: where it was found.
    package func hold(to checkpoint: Checkpoint, from place: String) async {
        do {
            let durable = durable
            guard checkpoint.size <= durable else {
                return await halt("\(place) has a checkpoint of \(checkpoint.size) records that this log signed, and it has \(durable): the data folder was set back to an earlier state")
            }
            guard checkpoint.size > 0, let root = try await root(of: checkpoint.size) else { return }
            if root != checkpoint.root {
                await halt("\(place) has a checkpoint of \(checkpoint.size) records that this log signed, and what is here of these has another root")
            }
        } catch is CancellationError {
        } catch {
            // The next turn says what is wrong with the tree.
            Diagnostics.warning("the log was not held to the checkpoint in \(place): \(error)")
        }
    }

    /// Of the first records, at most those that are on disk; nil where nothing can be signed anyway.
    private func root(of size: UInt64) async throws -> TreeHash? {
        if isHalted { return nil }
        let tree = try await openTree()
        while tree.size < size {
            try await pool.run { [log] () throws(LogError) in try Self.grow(tree, from: log, to: size) }
        }
        return try await pool.run {
            var proofs = tree.proofs()
            return try proofs.root(size: size)
        }
    }
}

internal import IO
import Synchronization

/// Whether the disk takes writes, as far as the last ones told.
///
/// A full disk is left alone until a probe could write again: uploads that are sure to fail would only keep it full.
/// A device that reported a fault is not written to before an operator has looked at it and started the hub again.
final class StorageHealth: Sendable {
    private enum State {
        case sound, full, faulty
    }

    // A Mutex: noted by threads of the pool, read by requests.
    private let state = Mutex(State.sound)

    func note(_ error: IOError) {
        state.withLock { state in
            if error.isOutOfSpace {
                if case .sound = state { state = .full }
            } else if error.isDeviceFault {
                state = .faulty
            }
        }
    }

    /// A write worked.
    func noteSpace() {
        state.withLock { if case .full = $0 { $0 = .sound } }
    }

    var isFull: Bool {
        if case .full = state.withLock({ $0 }) { true } else { false }
    }

    /// Fit for clients; nil while writes work.
    var reason: String? {
        switch state.withLock({ $0 }) {
        case .sound: nil
        case .full: "the disk is full"
        case .faulty: "the disk reported a fault"
        }
    }
}

extension BlobStore {
    /// The error for a write that failed, which also tells the store what the disk is like.
    func failure(_ what: String, _ cause: IOError) -> BlobError {
        health.note(cause)
        Diagnostics.error("\(what): \(cause)")
        return BlobError(what, cause)
    }

    /// Looks whether a full disk has room again. Call it every few seconds; costs nothing while there is room.
    package func probe() async {
        guard health.isFull else { return }
        let (health, path) = (health, layout.uploads + "/probe")
        await pool.run {
            do throws(IOError) {
                let file = try File(path, [.write, .create, .truncate], mode: 0o600)
                try file.write([UInt8](repeating: 0x55, count: 1 << 20), at: 0)
                try file.syncData()
                health.noteSpace()
                Diagnostics.info("the disk has room again: changes are taken")
            } catch {
                health.note(error)
            }
            _ = try? Files.unlinkIfPresent(path)
        }
    }
}

import Synchronization

/// What a run has said: bounded, of which the head and the tail are kept, and without the secrets it was given.
///
/// May be written from any task or thread; each call is a few instructions under a lock.
package final class DeploymentOutput: Sendable {
    private let state: Mutex<State>

    private struct State {
        var text: BoundedText
        var redactor = Redactor()
    }

    /// - Parameter limit: how many bytes are kept at the most, half of them from the beginning.
    package init(limit: Int = 1 << 20) {
        state = Mutex(State(text: BoundedText(limit: limit)))
    }

    /// - Parameter bytes: one write of a program, or what was read of several.
    package func append(_ bytes: some Collection<UInt8>) {
        state.withLock { state in
            let safe = state.redactor.feed(write: bytes)
            state.text.append(safe)
        }
    }

    /// One line about the run itself.
    package func note(_ line: String) {
        append(Array((line + "\n").utf8))
    }

    /// From now on these are replaced by `***` wherever they would appear, also when they come in pieces.
    package func hide(_ secrets: [Secret]) {
        state.withLock { $0.redactor.hide(secrets.map(\.text)) }
    }

    /// How many bytes were said so far.
    package var total: Int { state.withLock { $0.text.total } }

    /// All that is kept, with a line in the middle that says how much was left out.
    package func content() -> [UInt8] {
        state.withLock { state in
            state.text.content + state.redactor.pending
        }
    }

    /// The last `count` bytes, from a character's beginning on.
    package func tail(_ count: Int = 4096) -> String {
        var bytes = content().suffix(count)[...]
        while let first = bytes.first, first & 0xC0 == 0x80 { bytes = bytes.dropFirst() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `text` with the run's secrets replaced.
    package func redacted(_ text: String) -> String {
        state.withLock { state in
            var redactor = state.redactor.fresh
            let safe = redactor.feed(Array(text.utf8))
            return String(decoding: safe + redactor.pending, as: UTF8.self)
        }
    }
}

import Synchronization

/// Hands bytes to a job without leaving a reference behind: the job takes them out, so they are gone from here when it
/// ends, although the job's closure may live a little longer. Otherwise the owner's next write would copy the buffer.
final class Handoff: Sendable {
    private let bytes: Mutex<ArraySlice<UInt8>>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = Mutex(bytes)
    }

    func take() -> ArraySlice<UInt8> {
        bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }
}

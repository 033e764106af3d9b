internal import IO
import Synchronization

/// Large chunks of one upload: while one is written and hashed, each on a thread of its own, the next one is received.
///
/// A layer then takes as long as the slowest of the three and not as all of them. It costs memory and threads, so only so many have it
/// at once (`TransferPlaces`); the others append chunk by chunk.
package final class UploadPipe {
    /// A good size for its chunks: larger ones no longer lie in the processor's cache. Two of them are in memory.
    package static let chunkBytes = 512 << 10

    private let writer: UploadWriter
    /// Held for as long as the chunks are in memory.
    private let place: TransferPlace
    private var writing: BlockingJob<Int, IOError>?
    private var hashing: BlockingJob<Void, Never>?

    init(_ writer: UploadWriter, _ place: TransferPlace) {
        self.writer = writer
        self.place = place
    }

    /// Waits for the chunk before, and begins with this one. Its bytes are not held after the next call.
    package func append(_ bytes: ArraySlice<UInt8>) async throws(BlobError) {
        try await drain()
        let session = writer.session
        if session.state.withLock({ $0.isOver }) { throw .uploadUnknown }
        let (written, hashed) = (Handoff(bytes), Handoff(bytes))
        hashing = writer.store.pool.start { session.hash.withLock { $0.update(hashed.take()) } }
        writing = writer.store.pool.start { () throws(IOError) in
            let bytes = written.take()
            return try session.content.withLock { (content) throws(IOError) in
                try content.write(bytes, keeping: true)
                return content.count
            }
        }
    }

    /// Waits for the last chunk. To be called before anything else is asked of the writer, and before it is let go.
    package func drain() async throws(BlobError) {
        await hashing.take()?.value()
        guard let writing = writing.take() else { return }
        do throws(IOError) {
            let count = try await writing.value()
            writer.session.state.withLock { $0.offset = count }
        } catch {
            await writer.store.discard(writer.session)
            throw writer.store.failure("the upload could not be written", error)
        }
    }
}

extension UploadWriter {
    /// A way for what is still to come, if that is `count` bytes or more and there is room for one more large transfer.
    package func pipe(for count: UInt64) -> UploadPipe? {
        guard count >= UInt64(TransferPlaces.least), let place = store.transfers.take() else { return nil }
        return UploadPipe(self, place)
    }
}

internal import OCI
import Synchronization

/// Keeps the removal of a blob apart from its uploads and mounts.
///
/// Any number may share a digest (uploads and mounts of the same content do not disturb one another); removal has it
/// alone. Turns are taken in the order of arrival, so neither side can starve the other.
final class DigestGate: Sendable {
    private enum Kind { case shared, alone }

    private struct Line {
        var sharing = 0
        var isTaken = false
        var waiting: [(kind: Kind, continuation: CheckedContinuation<Void, Never>)] = []

        var isEmpty: Bool { sharing == 0 && !isTaken && waiting.isEmpty }

        mutating func enter(_ kind: Kind) -> Bool {
            switch kind {
            case .shared:
                if isTaken { return false }
                sharing += 1
            case .alone:
                if isTaken || sharing > 0 { return false }
                isTaken = true
            }
            return true
        }

        mutating func leave(_ kind: Kind) {
            switch kind {
            case .shared: sharing -= 1
            case .alone: isTaken = false
            }
        }

        /// Those whose turn has come.
        mutating func admit() -> [CheckedContinuation<Void, Never>] {
            var admitted: [CheckedContinuation<Void, Never>] = []
            while let first = waiting.first, enter(first.kind) {
                admitted.append(first.continuation)
                waiting.removeFirst()
            }
            return admitted
        }
    }

    // A Mutex: held for a few instructions; nothing is called under it.
    private let lines = Mutex<[Digest: Line]>([:])

    /// Whether nobody is inside or waiting: then nothing is kept.
    var isIdle: Bool { lines.withLock { $0.isEmpty } }

    /// Runs `body` while the blob cannot be removed.
    func sharing<T>(_ digest: Digest, _ body: () async throws(BlobError) -> T) async throws(BlobError) -> T {
        await enter(digest, .shared)
        defer { leave(digest, .shared) }
        return try await body()
    }

    /// Runs `body` while nobody uploads, mounts or removes the blob.
    func alone<T>(_ digest: Digest, _ body: () async throws(BlobError) -> T) async throws(BlobError) -> T {
        await enter(digest, .alone)
        defer { leave(digest, .alone) }
        return try await body()
    }

    private func enter(_ digest: Digest, _ kind: Kind) async {
        await withCheckedContinuation { continuation in
            let entered = lines.withLock { lines in
                if lines[digest, default: Line()].waiting.isEmpty, lines[digest, default: Line()].enter(kind) { return true }
                lines[digest, default: Line()].waiting.append((kind, continuation))
                return false
            }
            if entered { continuation.resume() }
        }
    }

    private func leave(_ digest: Digest, _ kind: Kind) {
        let admitted = lines.withLock { lines in
            var line = lines.removeValue(forKey: digest) ?? Line()
            line.leave(kind)
            let admitted = line.admit()
            if !line.isEmpty { lines[digest] = line }
            return admitted
        }
        for continuation in admitted { continuation.resume() }
    }
}

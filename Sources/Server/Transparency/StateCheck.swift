import Audit
import Crypto
import Delivery
import EventLog
import Events
import IO
import OCI
import Registry

/// Folds the records of a log once more, and holds the result to the snapshots, and to the manifests and blobs on disk.
struct StateCheck {
    private(set) var findings: [VerifyReport.Finding] = []
    private(set) var notes: [String] = []
    private(set) var manifests = 0
    private(set) var blobs = 0
    private let data: String
    private let store: SnapshotStore
    private var projections = Projections()
    private let snapshots: [Projections.Saved]
    private var isBroken = false
    private var redactions = RedactionCheck()
    /// The first record that the log has.
    private var oldest: UInt64 = 1

    init(data: String) {
        self.data = data
        store = SnapshotStore(directory: data + "/snapshots")
        snapshots = Projections.saved(store)
        notes = snapshots.compactMap(\.note)
    }

    /// Where the log's beginning was archived, its fold begins with a snapshot, as a start does.
    mutating func begin(at first: UInt64) {
        oldest = first
        guard first > 1 else { return }
        projections = Projections(store, before: first)
        if projections.sequence < first - 1 {
            findings.append(.init("the state cannot be made: the log begins with record \(first), and no snapshot goes that far"))
            isBroken = true
        }
        notes.append("the records before \(first) were archived: the state is taken from the older snapshots")
    }

    mutating func take(_ record: Record, _ place: LogWalk.Place) {
        checkManifest(record, place)
        redactions.take(record, place)
        guard !isBroken else { return }
        do {
            try projections.apply(record)
        } catch {
            isBroken = true
            findings.append(.init("it does not follow on the records before it: \(error)", at: place))
            return
        }
        // Where records are lost, the state is what is left, and less than what a snapshot may know.
        for saved in snapshots where saved.sequence == record.sequence && !projections.registry.isIncomplete && !saved.fits(projections) {
            findings.append(.init("the state here is not the one in the snapshot \"\(saved.name)\"; remove the folder snapshots, the next start replays the log", at: place))
        }
    }

    /// A manifest's bytes must have the digest of its event. The event is scanned and not decoded, since folding it does that already.
    private mutating func checkManifest(_ record: Record, _ place: LogWalk.Place) {
        guard !record.attachment.isEmpty, let header = try? EventHeader(scanning: record.body), header.type == EventType.imagePushed.rawValue else { return }
        manifests += 1
        let text = EventHeader.digest(scanning: record.body).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard let digest = Digest(text), Hex.encode(hash(digest.algorithm == .sha256 ? .sha256 : .sha512, record.attachment)) == digest.hex else {
            findings.append(.init("the manifest in it does not have the digest \(text)", at: place))
            return
        }
    }

    /// - Parameter isWhole: the log could be read to its end.
    mutating func end(last: UInt64, isWhole: Bool, readsBlobs: Bool, _ say: (String) -> Void) {
        findings += redactions.findings(from: oldest, isWhole: isWhole)
        guard !isBroken, isWhole else { return }
        if projections.registry.isIncomplete { notes.append("records are lost: the state is what is left, and is not held to snapshots") }
        var checked: Set<Digest> = []
        var next = Monotonic.milliseconds + 2000
        for secrets in projections.webhooks.secretFiles(in: data + "/webhooks") where (try? Files.exists(secrets.path)) == false {
            notes.append("the secrets of webhook \(secrets.webhook) are missing (\(secrets.path)): nothing can be delivered to it until it is added again")
        }
        projections.registry.visitContents { content in
            checkStored(content)
            for blob in content.blobs where checked.insert(blob).inserted {
                blobs += 1
                checkBlob(blob, content, reads: readsBlobs)
                if Monotonic.milliseconds >= next {
                    next = Monotonic.milliseconds + 2000
                    say("\(blobs) blobs")
                }
            }
        }
    }

    /// Manifests of records that were archived are in a folder of their own.
    private mutating func checkStored(_ content: RegistryState.Content) {
        let store = ManifestStore(directory: data + "/manifests")
        guard content.sequence < oldest else { return }
        do throws(RegistryError) {
            manifests += 1
            _ = try store.read(content.manifest)
        } catch {
            findings.append(.init(
                "manifest \(content.manifest) of \(content.repository): \(error.errors.map(\.message).joined(separator: "; "))",
                sequence: content.sequence))
        }
    }

    private mutating func checkBlob(_ blob: Digest, _ content: RegistryState.Content, reads: Bool) {
        let path = "\(data)/blobs/\(blob.algorithm.name)/\(blob.hex)"
        let what = "blob \(blob), which manifest \(content.manifest) of \(content.repository) needs,"
        do throws(IOError) {
            guard let info = try Files.info(path), info.kind == .file else {
                findings.append(.init("\(what) is missing", sequence: content.sequence, path: path))
                return
            }
            guard reads else { return }
            var state = StreamingHash(blob.algorithm == .sha256 ? .sha256 : .sha512)
            let file = try File(path, .read)
            var offset = 0
            while true {
                let bytes = try file.read(count: 1 << 20, at: offset)
                if bytes.isEmpty { break }
                state.update(bytes)
                offset += bytes.count
            }
            if Hex.encode(state.finalize()) != blob.hex {
                findings.append(.init("\(what) does not have its digest", sequence: content.sequence, path: path))
            }
        } catch {
            findings.append(.init("\(what) cannot be read: \(error)", sequence: content.sequence))
        }
    }
}

import Audit
import EventLog
import Foundation
import IO

/// Times the tree that proves a log: all of it made anew, signed, and asked for proofs.
struct Proofs {
    let log: EventLog
    let folder: String

    func run() async throws {
        for name in ["tree", "checkpoints", "checkpoint.key"] { try? FileManager.default.removeItem(atPath: folder + "/" + name) }
        let store = try CheckpointStore(CheckpointKeys.folder(folder))
        let keys = try CheckpointKeys.open(data: folder, origin: "registry.example.com/log", last: nil)
        let notary = try Notary(options: Notary.Options(data: folder), log: log, pool: BlockingPool(threads: 1), store: store, keys: keys)
        let spentBefore = clock()
        let start = DispatchTime.now().uptimeNanoseconds
        await notary.signNow()
        let took = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        let spent = Double(clock() - spentBefore) / Double(CLOCKS_PER_SEC)
        guard let size = notary.published?.checkpoint.size, notary.failure == nil else {
            throw AuditError(.unavailable, "nothing was signed: \(notary.failure ?? "?")")
        }
        Report.print(
            "tree from nothing, synced and signed",
            String(format: "%.1f s (%.1f s of a core), %.0f records/s, %.0f MB/s of log", took, spent, Double(size) / took, Double(try log.bytes) / 1e6 / took))
        let tree = try Files.list(folder + "/tree").reduce(0) { try $0 + (Files.info(folder + "/tree/" + $1)?.size ?? 0) }
        Report.print("tree on disk", String(format: "%d MiB, %.2f %% of the log", tree >> 20, 100 * Double(tree) / Double(try log.bytes)))
        var times: [Double] = []
        for step in 0..<101 as Range<UInt64> {
            times.append(try Report.seconds { _ = try notary.proof(of: 1 + step * (size - 1) / 100) })
        }
        let sorted = times.sorted()
        Report.print("proof of a record, made and checked", String(format: "median %.2f ms, slowest %.2f ms", sorted[50] * 1000, sorted[100] * 1000))
    }
}

import Audit
import EventLog
import Foundation
import IO

/// `audit-benchmark RECORDS FOLDER`: makes a hub's data folder, or uses the one that is there, and times questions and proofs.
@main
enum Main {
    static func main() async throws {
        guard CommandLine.arguments.count == 3, let records = Int(CommandLine.arguments[1]), records > 0 else {
            print("usage: audit-benchmark RECORDS FOLDER")
            exit(2)
        }
        let folder = CommandLine.arguments[2]
        let directory = folder + "/log"
        var made: EventLog?
        if try Files.exists(directory) {
            var options = EventLog.Options(directory: directory)
            options.verifyBytes = 0
            made = try EventLog.open(options, replayAfter: UInt64(records)) { _ in }
        } else {
            var generator = Generator(records: records)
            let took = try Report.seconds { made = try generator.run(into: directory) }
            try Blobs.write(folder)
            Report.print("generated", String(format: "%.1f s, %.0f records/s", took, Double(records) / took))
        }
        guard let log = made else { return }
        try Report(log: log, audit: AuditLog(log), directory: directory).run()
        try await Proofs(log: log, folder: folder).run()
        log.close()
    }
}

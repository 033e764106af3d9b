import EventLog
import IO

extension Command {
    private static let data = Option(name: "--data", value: "DIR", help: "the hub's data folder (default ./data)")

    static let logCheck = Command(
        name: "log check", summary: "Read the whole log of a stopped hub and say whether it is sound.",
        options: [data], example: "signalbox log check --data /var/lib/signalbox"
    ) { arguments in
        let folder = arguments.value("--data") ?? "./data"
        let lock = try LockFile(folder + "/lock")
        defer { withExtendedLifetime(lock) {} }
        let report = try EventLog.verify(directory: folder + "/log")
        Terminal.out("\(report)\n")
        if !report.isSound { throw CommandFailure("the log is damaged; 'signalbox log repair --data \(folder)' mends it") }
    }

    static let logRepair = Command(
        name: "log repair",
        summary: "Make a damaged log of a stopped hub readable again; what cannot be saved is marked as lost.",
        options: [data], example: "signalbox log repair --data /var/lib/signalbox"
    ) { arguments in
        let folder = arguments.value("--data") ?? "./data"
        let lock = try LockFile(folder + "/lock")
        defer { withExtendedLifetime(lock) {} }
        Terminal.out("\(try LogRepair.repair(directory: folder + "/log"))\n")
    }
}

package import EventLog
import Foundation

/// A folder of one test's own, which goes with its last holder.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        let base = NSTemporaryDirectory()
        path = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/signalbox-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders above it, and returns its path.
    @discardableResult
    package func write(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
        let file = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file.path
    }

    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }
}

extension TemporaryFolder {
    /// A log in its folder `log`, with few zeros written ahead, so that tests sync little.
    package func openLog() throws -> EventLog {
        var options = EventLog.Options(directory: path + "/log")
        options.preallocateBytes = 64 << 10
        return try EventLog.open(options, replayAfter: 0) { _ in }
    }
}

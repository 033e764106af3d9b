import IO

/// A folder of one test's own, which goes with its last holder.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/signalbox-delivery-\(UInt64.random(in: 0...(.max)))"
        try Files.makeDirectories(path)
    }

    deinit { try? Self.remove(path) }

    private static func remove(_ path: String) throws {
        for name in try Files.list(path) {
            let child = path + "/" + name
            if try Files.info(child)?.kind == .directory { try remove(child) } else { try Files.unlink(child) }
        }
        try Files.removeDirectory(path)
    }
}

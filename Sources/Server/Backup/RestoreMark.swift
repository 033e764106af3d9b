import IO

/// The file `restoring` in a data folder: a restore into it has begun and is not finished.
///
/// It is there before anything else is, and goes when all is on disk and was checked. So what a restore left that was killed halfway is
/// never taken for a hub's data, and running it again begins anew.
enum RestoreMark {
    static let name = "restoring"

    static func path(_ data: String) -> String { "\(data)/\(name)" }

    static func isSet(_ data: String) throws(IOError) -> Bool { try Files.exists(path(data)) }

    static func set(_ data: String) throws(IOError) {
        try File(path(data), [.write, .create], mode: 0o600).sync()
        try Files.syncDirectory(data)
    }

    static func remove(_ data: String) throws(IOError) {
        try Files.unlink(path(data))
        try Files.syncDirectory(data)
    }

    /// Throws where the folder is not whole.
    static func refuse(_ data: String) throws {
        guard try isSet(data) else { return }
        throw ConfigurationError(
            "a restore into \(data) was not finished, so what is there is not whole: run the same 'signalbox restore' again, it begins anew; "
                + "or empty the folder to begin without a past")
    }
}

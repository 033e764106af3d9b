import IO

/// The last record that triggers need no more, in a file of 21 bytes: one small write in place, without a sync.
struct PositionFile: Sendable {
    private let file: File
    private let directory: String

    static let name = "position"

    /// Blocks.
    init(directory: String) throws(IOError) {
        self.directory = directory
        file = try File(directory + "/" + Self.name, [.read, .write, .create], mode: 0o600)
    }

    /// Nil where nothing was saved yet, or what was saved is not whole.
    func load() throws(IOError) -> UInt64? {
        let bytes = try file.read(count: 21, at: 0)
        guard bytes.count == 21, bytes.last == 0x0A else { return nil }
        return UInt64(String(decoding: bytes.dropLast(), as: UTF8.self))
    }

    func save(_ sequence: UInt64) throws(IOError) {
        let digits = String(sequence)
        try file.write(Array((String(repeating: "0", count: 20 - digits.count) + digits + "\n").utf8), at: 0)
    }

    func saveDurably(_ sequence: UInt64) throws(IOError) {
        try save(sequence)
        try file.sync()
        try Files.syncDirectory(directory)
    }
}

/// What targets said, a file for each deployment.
struct OutputFolder: Sendable {
    let directory: String

    private static let suffix = ".log"
    /// More than a run's output may have.
    private static let limit = 4 << 20

    private func path(_ id: String) -> String { "\(directory)/\(id)\(Self.suffix)" }

    /// Replaces what an earlier attempt said. Blocks.
    func save(_ content: [UInt8], for id: String) throws(IOError) {
        try Files.replace(path(id), with: content, mode: 0o600)
    }

    /// Nil where there is none. Blocks.
    func load(_ id: String) throws(IOError) -> [UInt8]? {
        try Files.read(path(id), limit: Self.limit)
    }

    /// Removes what belongs to deployments that are forgotten. Blocks.
    func removeAll(except isKnown: (String) -> Bool) throws(IOError) {
        for name in try Files.list(directory) where name.hasSuffix(Self.suffix) || name.hasSuffix(".tmp") {
            guard name.hasSuffix(".tmp") || !isKnown(String(name.dropLast(Self.suffix.count))) else { continue }
            try Files.unlinkIfPresent("\(directory)/\(name)")
        }
    }
}

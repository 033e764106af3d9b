import IO
import Synchronization

/// A file of `NAME=value` lines, as Docker Compose reads it beside a project's file.
///
/// A variable is tried first: what was there before is beside the file until it is known how that went, as `.env.NAME.old`, empty
/// where there was nothing. So a trial that is cut off by the hub's end is known to be one, and the next goes back to what was good,
/// not to what was never proven. The hook `compose-up` does the same with the same files.
struct EnvironmentFile: Sendable {
    let path: String

    /// Of bytes, without the line feed: other lines may have any encoding, and end with a carriage return.
    private typealias Line = ArraySlice<UInt8>

    private static let limit = 1 << 20
    /// Two services of one project may be deployed side by side, each with a variable of its own.
    private static let turn = Mutex(())

    /// Sets one variable in durable steps and leaves all other lines as they are; true where an earlier trial of it had been cut off.
    /// Blocks.
    @discardableResult
    func tryOut(_ name: String, _ value: String) throws(IOError) -> Bool {
        try inTurn { () throws(IOError) in
            let wasCutOff = try putBackUnlocked(name)
            let old = try read(path)
            try replace(saved(name), with: old ?? [])
            let content = Self.content(Self.lines(old ?? []), name, Array("\(name)=\(value)".utf8)[...])
            if content != old { try replace(path, with: content) }
            return wasCutOff
        }
    }

    /// The trial went well.
    func keep(_ name: String) throws(IOError) {
        try inTurn { () throws(IOError) in try forget(name) }
    }

    /// The trial did not: puts back what was there before, but for what others have written to other lines meanwhile.
    func putBack(_ name: String) throws(IOError) {
        try inTurn { () throws(IOError) in _ = try putBackUnlocked(name) }
    }

    private func inTurn<T>(_ body: () throws(IOError) -> T) throws(IOError) -> T {
        let result: Result<T, IOError> = Self.turn.withLock { _ in
            do throws(IOError) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// False where there is nothing to put back.
    private func putBackUnlocked(_ name: String) throws(IOError) -> Bool {
        guard let old = try read(saved(name)) else { return false }
        let (lines, oldLines) = (Self.lines(try read(path) ?? []), Self.lines(old))
        func others(_ lines: [Line]) -> [Line] { lines.filter { !Self.sets(name, $0) } }
        if old.isEmpty, others(lines).isEmpty {
            try Files.unlinkIfPresent(path)
        } else {
            let isAlone = others(lines) == others(oldLines)
            let line = oldLines.last { Self.sets(name, $0) }
            try replace(path, with: isAlone ? old : Self.content(lines, name, line))
        }
        try forget(name)
        return true
    }

    private func forget(_ name: String) throws(IOError) {
        guard try Files.unlinkIfPresent(saved(name)) else { return }
        try Files.syncDirectory(Files.parent(of: path))
    }

    private func saved(_ name: String) -> String { "\(path).\(name).old" }

    private func read(_ path: String) throws(IOError) -> [UInt8]? { try Files.read(path, limit: Self.limit) }

    private static let lineFeed = UInt8(ascii: "\n")

    private static func lines(_ content: [UInt8]) -> [Line] {
        var lines = content.split(separator: lineFeed, omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines
    }

    private static func sets(_ name: String, _ line: Line) -> Bool { line.starts(with: (name + "=").utf8) }

    /// - Parameter line: what takes the place of the variable's last line, which is the one that counts for Compose; nil for none.
    private static func content(_ lines: [Line], _ name: String, _ line: Line?) -> [UInt8] {
        var lines = lines
        let place = lines.lastIndex { sets(name, $0) }
        if let place { lines.remove(at: place) }
        if let line { lines.insert(line, at: place ?? lines.count) }
        return lines.flatMap { $0 + [lineFeed] }
    }

    /// The file may hold passwords, and be another user's who runs Compose by hand: its permissions and its owner stay, and what is beside it
    /// has the same.
    private func replace(_ other: String, with content: [UInt8]) throws(IOError) {
        let info = try Files.info(path)
        try Files.replace(other, with: content, mode: info?.mode ?? 0o600, like: info)
    }
}

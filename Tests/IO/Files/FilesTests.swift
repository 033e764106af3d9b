import Glibc
import Testing

@testable import IO

/// A folder of one test's own, removed when the test is over.
final class Folder {
    let path: String

    init() throws {
        path = "/tmp/signalbox-io-\(UInt64.random(in: 0...(.max)))"
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

@Suite("Files")
struct FilesTests {
    private func error(_ body: () throws(IOError) -> Void) -> IOError? {
        do throws(IOError) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("what is written at an offset is read from it, with zeros in between, and cut where it is truncated")
    func readWrite() throws {
        let folder = try Folder()
        let file = try File(folder.path + "/a", [.read, .write, .create])
        try file.write([1, 2, 3], at: 5)
        try file.syncData()
        #expect(try file.size() == 8)
        #expect(try file.read(count: 100, at: 0) == [0, 0, 0, 0, 0, 1, 2, 3])
        #expect(try file.read(count: 2, at: 6) == [2, 3])
        #expect(try file.read(count: 2, at: 8) == [])
        #expect(try file.read(count: 0, at: 0) == [])
        try file.truncate(to: 6)
        #expect(try Files.read(folder.path + "/a", limit: 100) == [0, 0, 0, 0, 0, 1])
    }

    @Test("reading a whole file has a limit, and a missing one is nil")
    func wholeFile() throws {
        let folder = try Folder()
        try Files.replace(folder.path + "/a", with: [1, 2, 3])
        #expect(try Files.read(folder.path + "/a", limit: 3) == [1, 2, 3])
        #expect(error { () throws(IOError) in _ = try Files.read(folder.path + "/a", limit: 2) }?.errno == EFBIG)
        #expect(try Files.read(folder.path + "/b", limit: 2) == nil)
        // The kernel gives this file's size as 0.
        #expect(try Files.read("/proc/self/stat", limit: 10_000)?.isEmpty == false)
    }

    @Test("replacing a file leaves no temporary one, sets the permissions, and keeps the old content when it fails")
    func replace() throws {
        let folder = try Folder()
        let path = folder.path + "/key"
        try Files.replace(path + ".tmp", with: [9])
        try Files.replace(path, with: [1], mode: 0o600)
        try Files.replace(path, with: [2], mode: 0o600)
        #expect(try Files.read(path, limit: 10) == [2])
        #expect(try Files.info(path)?.mode == 0o600)
        #expect(try Files.list(folder.path) == ["key"])
        try Files.makeDirectories(path + ".tmp")
        #expect(error { () throws(IOError) in try Files.replace(path, with: [3]) } != nil)
        #expect(try Files.read(path, limit: 10) == [2])
    }

    @Test("names: create only when new, link, rename over, remove, list sorted")
    func names() throws {
        let folder = try Folder()
        let (a, b) = (folder.path + "/a", folder.path + "/b")
        _ = try File(a, [.write, .create, .exclusive])
        #expect(error { () throws(IOError) in _ = try File(a, [.write, .create, .exclusive]) }?.errno == EEXIST)
        try Files.link(a, to: b)
        #expect(try Files.info(b)?.links == 2)
        #expect(error { () throws(IOError) in try Files.link(a, to: b) }?.errno == EEXIST)
        try Files.replace(a, with: [1])
        try Files.rename(a, to: b)
        #expect(try Files.read(b, limit: 5) == [1])
        #expect(try !Files.exists(a))
        #expect(try Files.unlinkIfPresent(b))
        #expect(try !Files.unlinkIfPresent(b))
        for name in ["c", "B", "10", "9"] { try Files.replace(folder.path + "/" + name, with: []) }
        #expect(try Files.list(folder.path) == ["10", "9", "B", "c"])
    }

    @Test("directories are made with all above them, and once more without harm; a file in the way is an error")
    func directories() throws {
        let folder = try Folder()
        try Files.makeDirectories(folder.path + "/a/b//c/")
        try Files.makeDirectories(folder.path + "/a/b/c")
        #expect(try Files.info(folder.path + "/a/b/c")?.kind == .directory)
        try Files.replace(folder.path + "/file", with: [])
        #expect(error { () throws(IOError) in try Files.makeDirectories(folder.path + "/file/d") } != nil)
    }

    @Test("the parent of a path", arguments: [
        ("/a/b/c", "/a/b"), ("/a/b/", "/a"), ("/a", "/"), ("/", "/"), ("a", "."), ("a/b", "a"), ("", "."), ("//a//b", "//a"),
    ])
    func parent(path: String, parent: String) {
        #expect(Files.parent(of: path) == parent)
    }

    @Test("a path with a zero byte names no file")
    func zeroByte() throws {
        let folder = try Folder()
        try Files.replace(folder.path + "/a", with: [1])
        #expect(error { () throws(IOError) in _ = try File(folder.path + "/a\0b", .read) }?.errno == EINVAL)
        #expect(error { () throws(IOError) in try Files.unlink(folder.path + "/a\0") }?.errno == EINVAL)
        #expect(try Files.exists(folder.path + "/a"))
    }

    @Test("an error is one sentence: what, where, why, what to do")
    func sentences() {
        #expect(
            IOError(errno: ENOSPC, operation: "write", path: "/d/x").description
                == "cannot write /d/x: No space left on device; free some space on that file system")
        #expect(error { () throws(IOError) in _ = try File("/nowhere/x", .read) }?.description
            == "cannot open /nowhere/x: No such file or directory")
        let full = error { () throws(IOError) in try File("/dev/full", .write).write([1], at: 0) }
        #expect(full?.isOutOfSpace == true)
    }

    @Test("a lock is held by one at a time, names its process, and goes with its holder")
    func lock() throws {
        let folder = try Folder()
        let path = folder.path + "/lock"
        var first: LockFile? = try LockFile(path)
        let refused = error { () throws(IOError) in _ = try LockFile(path) }
        #expect(refused?.description.contains("process \(getpid()) is using this data folder") == true)
        withExtendedLifetime(first) {}
        first = nil
        #expect(error { () throws(IOError) in _ = try LockFile(path) } == nil)
    }
}

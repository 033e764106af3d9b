import Foundation
import TestSupport
import Testing

@testable import IO

struct WriteBehindTests {
    @Test("a file that is written behind has all of its bytes, wherever it begins, and few of them ever wait for the disk", arguments: [0, 5])
    func content(start: Int) throws {
        let folder = try TemporaryFolder()
        let file = try File(folder.path + "/file", [.read, .write, .create])
        let size = (WriteBehind.most + 3) * WriteBehind.window + 4_321
        let piece = 3 << 20
        var behind = WriteBehind()
        for offset in stride(from: 0, to: size, by: piece) {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: offset / piece + 1), count: min(piece, size - offset))
            try unsafe bytes.withUnsafeBytes { try unsafe behind.write($0, at: start + offset, to: file) }
            #expect(behind.pending <= (WriteBehind.most + 1) * WriteBehind.window)
        }
        try file.syncData()
        #expect(try file.size() == start + size)
        for offset in stride(from: 0, to: size, by: piece) {
            let bytes = try file.read(count: min(piece, size - offset), at: start + offset)
            #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: offset / piece + 1) })
        }
    }

    @Test("what cannot be set to write early, such as a pipe, is written all the same")
    func notAFile() throws {
        let file = try File("/dev/null", .write)
        try file.writeOut(count: 1 << 20, at: 0, wait: true)
    }

    @Test("loading what is not there, or behind the end, does no harm")
    func load() throws {
        let folder = try TemporaryFolder()
        let file = try File(folder.path + "/file", [.read, .write, .create])
        try file.write([UInt8](repeating: 1, count: 10_000), at: 0)
        file.load(count: 10_000, further: 5_000, at: 0)
        file.load(count: 10_000, further: 0, at: 50_000)
        #expect(try file.size() == 10_000)
    }
}

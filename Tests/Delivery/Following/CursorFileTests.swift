import TestSupport
import IO
import Testing

@testable import Delivery

@Suite struct CursorFileTests {
    @Test("a new file has no cursor")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(try CursorFile(folder.path + "/c").load() == nil)
    }

    @Test("what was saved last is read, by a new holder too", arguments: [0, 1, 12_345, UInt64.max])
    func roundTrip(sequence: UInt64) throws {
        let folder = try TemporaryFolder()
        let file = try CursorFile(folder.path + "/c")
        try file.save(.max)
        try file.save(sequence)
        #expect(try file.load() == sequence)
        #expect(try CursorFile(folder.path + "/c").load() == sequence)
    }

    @Test("a file that is not whole has no cursor")
    func torn() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/c"
        try CursorFile(path).save(77)
        let whole = try #require(try Files.read(path, limit: 100))
        for count in 0..<whole.count {
            try Files.replace(path, with: Array(whole[..<count]))
            #expect(try CursorFile(path).load() == nil)
        }
        try Files.replace(path, with: Array("0000000000000000007x\n".utf8))
        #expect(try CursorFile(path).load() == nil)
    }
}

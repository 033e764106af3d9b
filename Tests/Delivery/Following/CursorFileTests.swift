import TestSupport
import Testing

@testable import Delivery

@Suite struct CursorFileTests {
    @Test("a whole cursor of an earlier version is read, and anything else is none")
    func load() throws {
        let folder = try TemporaryFolder()
        let whole = "00000000000000012345\n"
        #expect(try CursorFile.load(folder.path + "/none") == nil)
        #expect(try CursorFile.load(folder.write("whole", whole)) == 12_345)
        for count in 0..<whole.utf8.count { #expect(try CursorFile.load(folder.write("cut", String(whole.prefix(count)))) == nil) }
        #expect(try CursorFile.load(folder.write("other", "0000000000000000007x\n")) == nil)
    }
}

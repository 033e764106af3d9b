import Foundation
import TestSupport
import Testing

@testable import IO

struct DirectWritingTests {
    private func write(_ pieces: [ArraySlice<UInt8>], in folder: String) throws -> (content: [UInt8], direct: Int) {
        let path = folder + "/file-\(UUID())"
        let file = try File(path, [.read, .write, .create, .exclusive])
        defer { _ = try? Files.unlinkIfPresent(path) }
        var writing = DirectWriting()
        var offset = 0
        for piece in pieces {
            try piece.span.withUnsafeBytes { try writing.write($0, at: offset, to: file) }
            offset += piece.count
        }
        try file.syncData()
        try writing.end(file)
        return (try file.read(count: offset + 1, at: 0), writing.bytes)
    }

    private func piece(_ size: Int, shifted: Int = 0, _ generator: inout SeededGenerator) -> ArraySlice<UInt8> {
        var bytes = [UInt8].aligned(count: size + shifted)
        let start = bytes.count - size
        for index in start..<bytes.count { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
        return bytes[start...]
    }

    @Test("an aligned array ends with the bytes that were asked for, on an aligned address")
    func aligned() {
        for count in [1, 4095, 4096, 65_537, 262_144] {
            let bytes = [UInt8].aligned(count: count)
            let start = bytes.count - count
            #expect((0..<DirectWriting.alignment).contains(start))
            #expect(bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) + UInt(start) } % UInt(DirectWriting.alignment) == 0)
        }
    }

    @Test("pieces of any size and place make the file that they say, and only small, odd or last ones take the page cache")
    func pieces() throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 3)
        let (content, direct) = try write([piece(262_144, &generator), piece(262_144, &generator), piece(100_001, &generator)], in: folder.path)
        #expect(content.count == 624_289)
        // Not every file system can; whether one can is all or nothing here.
        #expect(direct == 0 || direct == 262_144 * 2 + 98_304)
        for _ in 0..<60 {
            var pieces: [ArraySlice<UInt8>] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let size = [1, 4096, 65_535, 65_536, 131_072, 70_000].randomElement(using: &generator) ?? 1
                pieces.append(piece(size, shifted: [0, 0, 0, 1, 512].randomElement(using: &generator) ?? 0, &generator))
            }
            let (content, _) = try write(pieces, in: folder.path)
            #expect(content == Array(pieces.joined()))
        }
    }

    @Test("a file in memory gets the same content, whether its file system can write past the page cache or not")
    func memory() throws {
        var generator = SeededGenerator(seed: 4)
        let pieces = [piece(131_072, &generator), piece(70_000, &generator), piece(5, &generator)]
        #expect(try write(pieces, in: "/dev/shm").content == Array(pieces.joined()))
    }

    @Test("where the flag cannot be set, the page cache is used")
    func refused() throws {
        var generator = SeededGenerator(seed: 5)
        let piece = piece(131_072, &generator)
        let file = try File("/dev/null", .write)
        var writing = DirectWriting()
        try piece.span.withUnsafeBytes { try writing.write($0, at: 0, to: file) }
        #expect(writing.bytes == 0)
        #expect(!writing.isOn)
    }
}

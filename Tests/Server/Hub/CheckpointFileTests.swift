import IO
import Testing

@testable import EventLog
@testable import Server

@Suite("file of checkpoints")
struct CheckpointFileTests {
    private func note(_ size: Int, signers: [String] = ["hub.example/log"]) -> SignedNote {
        SignedNote(
            text: "hub.example/log\n\(size)\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            signatures: signers.map { SignedNote.Signature(name: $0, id: 1, bytes: [UInt8](repeating: 7, count: 64)) })
    }

    private func sizes(_ path: String) throws -> [String] {
        try SignedNote.list(parsing: Files.read(path, limit: 1 << 20) ?? []).map { String($0.text.split(separator: "\n")[1]) }
    }

    @Test("has each checkpoint once, also where it is offered again, and with witnesses' signatures")
    func once() throws {
        let folder = try TemporaryFolder()
        let file = CheckpointFile(folder.path + "/kept")
        for size in [1, 1, 2, 2, 3] { try file.add(note(size)) }
        try file.add(note(3, signers: ["hub.example/log", "witness"]))
        #expect(try sizes(folder.path + "/kept") == ["1", "2", "3"])
        try file.add(note(4, signers: ["hub.example/log", "witness"]))
        try file.add(note(4))
        #expect(try sizes(folder.path + "/kept") == ["1", "2", "3", "4"])
    }

    @Test("what a crash left of a checkpoint goes, wherever it was cut off; other text stays")
    func torn() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/kept"
        let second = note(2).encoded
        for cut in 1..<second.count {
            try Files.replace(path, with: note(1).encoded + [0x0A] + second.prefix(cut))
            try CheckpointFile(path).add(note(2))
            #expect(try sizes(path) == ["1", "2"], "cut off after \(cut) bytes")
        }
        try Files.replace(path, with: Array("# kept by hand\n\n".utf8))
        try CheckpointFile(path).add(note(1))
        #expect(try Files.read(path, limit: 1 << 20)?.starts(with: "# kept by hand\n\n".utf8) == true)
    }
}

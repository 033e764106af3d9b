import IO
import Synchronization
import Testing

@testable import EventLog

@Suite("Snapshots")
struct SnapshotTests {
    @Test("the newest one comes back, names do not mix, and two of each are kept")
    func newest() throws {
        let folder = try TemporaryFolder()
        let store = SnapshotStore(directory: folder.path + "/snapshots")
        #expect(store.newest(name: "registry") == nil)
        for sequence: UInt64 in [3, 20, 100] { try store.save(name: "registry", sequence: sequence, bytes: [UInt8(sequence)]) }
        try store.save(name: "other", sequence: 500, bytes: [])
        let newest = try #require(store.newest(name: "registry"))
        #expect(newest.sequence == 100 && newest.bytes == [100])
        #expect(store.newest(name: "registry", upTo: 99)?.sequence == 20)
        #expect(store.newest(name: "other")?.bytes == [])
        #expect(store.newest(name: "regist") == nil)
        #expect(try Files.list(folder.path + "/snapshots").count == 3)
    }

    @Test("one that is damaged anywhere, or cut off, is passed over with a warning for the one before it")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let store = SnapshotStore(directory: folder.path)
        try store.save(name: "s", sequence: 1, bytes: [1, 1])
        try store.save(name: "s", sequence: 2, bytes: [2, 2, 2])
        let path = folder.path + "/s-00000000000000000002.snapshot"
        let bytes = try #require(try Files.read(path, limit: 1000))
        let warnings = Box(0)
        Diagnostics.$sink.withValue({ _, _ in warnings.value.withLock { $0 += 1 } }) {
            for position in bytes.indices {
                var changed = bytes
                changed[position] ^= 0x20
                try? Files.replace(path, with: changed)
                #expect(store.newest(name: "s")?.sequence == 1)
                try? Files.replace(path, with: Array(bytes.prefix(position)))
                #expect(store.newest(name: "s")?.bytes == [1, 1])
            }
        }
        #expect(warnings.value.withLock { $0 } == bytes.count * 2)
    }

    @Test("a state that does not change can be kept twice, so that damage to one file costs nothing")
    func twice() throws {
        let folder = try TemporaryFolder()
        let store = SnapshotStore(directory: folder.path)
        try store.copyNewest(name: "s")
        #expect(store.oldestOfTwo(name: "s") == 0)
        try store.save(name: "s", sequence: 5, bytes: [5])
        try store.save(name: "s", sequence: 9, bytes: [9])
        #expect(store.oldestOfTwo(name: "s") == 5)
        try store.save(name: "s", sequence: 9, bytes: [9])
        #expect(store.oldestOfTwo(name: "s") == 5, "once more the same is no second one")
        try store.copyNewest(name: "s")
        #expect(store.oldestOfTwo(name: "s") == 9)
        let (path, copy) = (folder.path + "/s-00000000000000000009.snapshot", folder.path + "/s-00000000000000000009.copy.snapshot")
        let whole = try #require(try Files.read(path, limit: 1000))
        for damaged in [path, copy] {
            try Files.replace(damaged, with: whole.dropLast() + [0])
            #expect(store.newest(name: "s")?.bytes == [9], "the other one is there")
            #expect(store.newest(name: "s", upTo: 8)?.bytes == [5])
            try Files.replace(damaged, with: whole)
        }
        try Files.replace(copy, with: whole.dropLast() + [0])
        #expect(store.oldestOfTwo(name: "s") == 5, "a damaged copy is none")
        try store.copyNewest(name: "s")
        for sequence: UInt64 in [12, 15] { try store.save(name: "s", sequence: sequence, bytes: [0]) }
        #expect(try Files.list(folder.path).sorted() == ["s-00000000000000000012.snapshot", "s-00000000000000000015.snapshot"])
    }

    @Test("what an interrupted save left behind is no snapshot and does not stop the next one")
    func interrupted() throws {
        let folder = try TemporaryFolder()
        let store = SnapshotStore(directory: folder.path)
        try store.save(name: "s", sequence: 1, bytes: [1])
        try Files.replace(folder.path + "/s-00000000000000000002.snapshot.tmp", with: [9])
        #expect(store.newest(name: "s")?.sequence == 1)
        try store.save(name: "s", sequence: 2, bytes: [2])
        #expect(store.newest(name: "s")?.sequence == 2)
        #expect(try Files.list(folder.path).count == 2)
    }
}

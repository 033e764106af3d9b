import Testing

@testable import HTTP

@Suite("Turns of names that are looked up")
struct NameTurnsTests {
    @Test("slow names get three eighths of the threads, unknown ones three quarters, quick ones all")
    func shares() {
        var turns = NameTurns(limit: 16)
        for number in 0..<40 {
            #expect(turns.add("quick\(number)") == ["quick\(number)"])
            #expect(turns.ended("quick\(number)", after: NameTurns.patience - 1).isEmpty)
            #expect(turns.add("slow\(number)") == ["slow\(number)"])
            #expect(turns.ended("slow\(number)", after: NameTurns.patience).isEmpty)
        }
        #expect((0..<40).flatMap { turns.add("slow\($0)") } == (0..<6).map { "slow\($0)" })
        #expect((0..<40).flatMap { turns.add("new\($0)") } == (0..<6).map { "new\($0)" })
        #expect((0..<40).flatMap { turns.add("quick\($0)") } == (0..<4).map { "quick\($0)" })
        #expect(turns.ended("new0", after: 1) == ["quick4"])
        #expect(turns.ended("slow0", after: 9000) == ["quick5"])
    }

    @Test("a name that became quick counts as quick, and one thread is enough for all", arguments: [1, 2, 3, 64])
    func changing(limit: Int) {
        var turns = NameTurns(limit: limit)
        #expect(turns.add("a") == ["a"])
        #expect(turns.ended("a", after: 20_000).isEmpty)
        #expect(turns.add("a") == ["a"])
        #expect(turns.ended("a", after: 3).isEmpty)
        #expect(turns.add("a") == ["a"])
    }

    @Test("whatever the names do, each is looked up once for each time it was added, and no more at once than there are threads")
    func model() {
        var random = SeededGenerator(seed: 7)
        var turns = NameTurns(limit: 8)
        var (running, waiting) = (Set<String>(), Set<String>())
        func begin(_ names: [String]) {
            for name in names {
                #expect(waiting.remove(name) != nil && running.insert(name).inserted)
            }
            #expect(running.count <= 8)
        }
        for step in 0..<5000 {
            let name = "n\(Int.random(in: 0..<60, using: &random))"
            if step < 4000, Bool.random(using: &random), !running.contains(name), !waiting.contains(name) {
                waiting.insert(name)
                begin(turns.add(name))
            } else if let name = running.randomElement(using: &random) {
                running.remove(name)
                begin(turns.ended(name, after: Int64.random(in: 0...2000, using: &random)))
            }
        }
        #expect(running.isEmpty && waiting.isEmpty)
    }
}

import Testing

@testable import Registry

@Suite struct SortedMapTests {
    @Test("a map behaves like a dictionary that is sorted", arguments: [10, 300, 5_000])
    func againstDictionary(range: Int) {
        var generator = SeededGenerator(seed: UInt64(range))
        var map = SortedMap<Int, Int>()
        var model: [Int: Int] = [:]
        for step in 0..<20_000 {
            // Growing at first, shrinking towards the end.
            let key = Int.random(in: 0..<range, using: &generator)
            if Int.random(in: 0..<20_000, using: &generator) > step {
                #expect(map.set(key, step) == model.updateValue(step, forKey: key))
            } else {
                #expect(map.remove(key) == model.removeValue(forKey: key))
            }
            if step % 997 == 0 { check(map, model) }
        }
        check(map, model)
        for key in model.keys { map.remove(key) }
        #expect(map.isEmpty)
        #expect(map.keys == [])
    }

    @Test("a copy does not see what happens to the original")
    func copies() {
        var map = SortedMap<Int, Int>(sortedKeys: Array(0..<1_000), values: Array(0..<1_000))
        let copy = map
        for key in 0..<1_000 where key % 3 == 0 { map.remove(key) }
        for key in 1_000..<1_500 { map.set(key, key) }
        #expect(map.modify(1) { $0 += 1 } != nil)
        #expect(copy.keys == Array(0..<1_000))
        #expect(copy[1] == 1)
        #expect(map[1] == 2)
        #expect(map.modify(0) { $0 += 1 } == nil)
    }

    @Test("a key in a gap that removals left is found after the nodes around it became one")
    func gap() {
        var map = SortedMap<Int, Int>(sortedKeys: Array(0..<2_048), values: Array(0..<2_048))
        for key in 1_024..<1_056 { map.remove(key) }
        map.set(1_030, 7)
        for key in 0..<768 { map.remove(key) }
        for key in 1_280..<2_048 { map.remove(key) }
        #expect(map[1_030] == 7)
        #expect(map.set(1_030, 8) == 7)
        #expect(map.count == 256 + 1 + 224)
    }

    @Test("a map behaves like a dictionary where whole ranges go and single keys come back into the gaps", arguments: 1...8)
    func ranges(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let range = 6_000
        var map = SortedMap<Int, Int>(sortedKeys: Array(0..<range), values: Array(0..<range))
        var model = Dictionary(uniqueKeysWithValues: (0..<range).map { ($0, $0) })
        for step in 0..<150 {
            let start = Int.random(in: 0..<range, using: &generator)
            let keys = Array(start..<min(range, start + Int.random(in: 1...400, using: &generator)))
            for key in Bool.random(using: &generator) ? keys : keys.reversed() {
                #expect(map.remove(key) == model.removeValue(forKey: key))
            }
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                let key = Int.random(in: 0..<range, using: &generator)
                #expect(map.set(key, step) == model.updateValue(step, forKey: key))
            }
            if step % 10 == 0 { check(map, model) }
        }
        check(map, model)
    }

    @Test("copies that were taken at any time stay as they were, whatever is set, changed and removed after", arguments: [20, 2_000])
    func manyCopies(range: Int) {
        var generator = SeededGenerator(seed: UInt64(range))
        var map = SortedMap<Int, Int>()
        var model: [Int: Int] = [:]
        var copies: [(SortedMap<Int, Int>, [Int: Int])] = []
        for step in 0..<6_000 {
            let key = Int.random(in: 0..<range, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: #expect(map.remove(key) == model.removeValue(forKey: key))
            case 1:
                let changed: Void? = map.modify(key) { $0 = -step }
                #expect((changed != nil) == (model[key] != nil))
                if changed != nil { model[key] = -step }
            default: map.set(key, step)
                model[key] = step
            }
            if step % 50 == 0 { copies.append((map, model)) }
        }
        for (map, model) in copies { check(map, model) }
    }

    @Test("a visit starts where it should and ends when it should", arguments: [0, 1, 63, 64, 65, 4_095, 4_096, 9_000])
    func visits(count: Int) {
        let map = SortedMap<Int, Int>(sortedKeys: (0..<count).map { $0 * 2 }, values: Array(0..<count))
        for start in [-1, 0, 1, 2, 127, 128, 129, count, 2 * count - 3, 2 * count] {
            var seen: [Int] = []
            map.visit(from: { $0 > start }) { key, _ in
                seen.append(key)
                return seen.count < 5
            }
            #expect(seen == Array((0..<count).lazy.map { $0 * 2 }.filter { $0 > start }.prefix(5)))
        }
    }

    @Test("pairs are an index from the first to the seconds")
    func pairs() {
        var set = SortedSet<Pair<Int, String>>()
        for first in 0..<100 {
            for second in ["a", "b", "c"] { set.insert(Pair(first, second)) }
        }
        #expect(seconds(set, 50, after: nil) == ["a", "b", "c"])
        #expect(seconds(set, 50, after: "a") == ["b", "c"])
        #expect(seconds(set, 50, after: "x") == [])
        #expect(seconds(set, 100, after: nil) == [])
        #expect(seconds(set, -1, after: "a") == [])
    }

    private func seconds(_ set: SortedSet<Pair<Int, String>>, _ first: Int, after: String?) -> [String] {
        var found: [String] = []
        set.visit(first, after: after) {
            found.append($0)
            return true
        }
        return found
    }

    private func check(_ map: SortedMap<Int, Int>, _ model: [Int: Int]) {
        #expect(map.count == model.count)
        #expect(map.keys == model.keys.sorted())
        for (key, value) in model { #expect(map[key] == value) }
        let sorted = model.sorted { $0.key < $1.key }
        #expect(map == SortedMap(sortedKeys: sorted.map(\.key), values: sorted.map(\.value)))
    }
}

extension Int: DelimitedKey {
    /// Big-endian, with the negative ones before the others.
    func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
        let word = UInt64(bitPattern: Int64(self)) ^ 1 << 63
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        return body(bytes.span)
    }

    init(bytes: Span<UInt8>) {
        var word: UInt64 = 0
        for index in 0..<8 { word = word << 8 | UInt64(bytes[index]) }
        self = Int(Int64(bitPattern: word ^ 1 << 63))
    }

    static func length(in bytes: Span<UInt8>) -> Int { 8 }
}

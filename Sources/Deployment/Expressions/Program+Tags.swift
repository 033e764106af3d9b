import OCI

extension Program {
    private struct Place: Hashable {
        let index: Int
        /// Nothing may follow any more.
        var isAtEnd = false
    }

    /// Whether there is a tag that it matches. What a word boundary asks of the neighbours is not looked at, so it is in
    /// doubt yes.
    var matchesSomeTag: Bool {
        var seen: Set<Place> = []
        var next: [Place] = [Place(index: 0)]
        for length in 0...Tag.maximumLength {
            // A match may begin behind the first byte too, or behind any other, which is the same.
            if length == 1 {
                seen = []
                next.append(Place(index: 0))
            }
            let reached = places(from: next, length, &seen)
            if reached.contains(where: { if case .match = instructions[$0.index] { true } else { false } }) { return true }
            let bytes = length == 0 ? ByteSet.word : ByteSet.tag
            next = reached.compactMap { place in
                guard case .byte(let set) = instructions[place.index], !place.isAtEnd, sets[set].meets(bytes) else { return nil }
                return Place(index: place.index + 1)
            }
            if next.isEmpty, length > 0 { return false }
        }
        return false
    }

    /// Those that take a byte or are the end, and were not seen before.
    private func places(from starts: [Place], _ length: Int, _ seen: inout Set<Place>) -> [Place] {
        var stack = starts
        var places: [Place] = []
        while var place = stack.popLast() {
            guard seen.insert(place).inserted else { continue }
            switch instructions[place.index] {
            case .jump(let target): stack.append(Place(index: target, isAtEnd: place.isAtEnd))
            case .split(let first, let second):
                stack.append(Place(index: first, isAtEnd: place.isAtEnd))
                stack.append(Place(index: second, isAtEnd: place.isAtEnd))
            case .assert(let kind):
                switch kind {
                case .textStart, .lineStart: if length > 0 { continue }
                case .textEnd, .lineEnd:
                    // No tag is empty.
                    if length == 0 { continue }
                    place.isAtEnd = true
                case .wordBoundary, .noWordBoundary: break
                }
                stack.append(Place(index: place.index + 1, isAtEnd: place.isAtEnd))
            case .save: stack.append(Place(index: place.index + 1, isAtEnd: place.isAtEnd))
            case .byte, .match: places.append(place)
            }
        }
        return places
    }
}

extension Expression {
    /// Whether there is a tag that it matches.
    var matchesSomeTag: Bool { program.matchesSomeTag }
}

extension ByteSet {
    fileprivate static let tag: ByteSet = {
        var set = ByteSet.word
        set.insert(UInt8(ascii: "."))
        set.insert(UInt8(ascii: "-"))
        return set
    }()

    fileprivate func meets(_ other: ByteSet) -> Bool {
        (UInt8.min...UInt8.max).contains { contains($0) && other.contains($0) }
    }
}

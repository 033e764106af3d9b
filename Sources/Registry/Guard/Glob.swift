/// A pattern for repositories or tags: `*` stands for any characters but `/`, `**` for any characters at all, and `**/`
/// at the start of a part also for nothing, so that `**/app` means `app` in every depth.
///
/// Matching keeps the set of all places in the pattern that the text so far can have reached. So its time is at most the length
/// of the text times that of the pattern, whatever both are: patterns come over the API, and they are matched in the critical
/// section of every push.
package struct Glob: Sendable, Hashable {
    package let pattern: String
    private let steps: [Step]

    package static let maximumLength = 256

    private enum Step: Hashable {
        case literal(UInt8)
        /// Stays at bytes other than `/`, or goes on without any.
        case part
        /// Stays at any byte, or goes on without any.
        case anything
        /// Goes into the next step, `folder`, or past it without any byte.
        case folders
        /// Stays at any byte, and goes on at `/`.
        case folder
    }

    /// Why a text is not a pattern, as the end of a sentence about it.
    package struct Invalid: Error {
        package let reason: String
    }

    package init(_ pattern: String) throws(Invalid) {
        guard !pattern.isEmpty else { throw Invalid(reason: "is empty") }
        guard pattern.utf8.count <= Self.maximumLength else {
            throw Invalid(reason: "is longer than \(Self.maximumLength) bytes")
        }
        self.pattern = pattern
        steps = try Self.compile(Array(pattern.utf8))
    }

    private static func compile(_ bytes: [UInt8]) throws(Invalid) -> [Step] {
        var steps: [Step] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == star else {
                try check(bytes[index])
                steps.append(.literal(bytes[index]))
                index += 1
                continue
            }
            let startsPart = index == 0 || bytes[index - 1] == slash
            let run = bytes[index...].prefix { $0 == star }.count
            index += run
            if run == 1 {
                steps.append(.part)
            } else if startsPart, index < bytes.count, bytes[index] == slash {
                steps += [.folders, .folder]
                index += 1
            } else {
                steps.append(.anything)
            }
        }
        return steps
    }

    /// Only what names and tags are made of: other characters of other pattern languages would never match, and a guard that
    /// protects less than it seems to is worse than none.
    private static func check(_ byte: UInt8) throws(Invalid) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), slash:
            break
        default:
            throw Invalid(reason: "may hold letters, digits, \".\", \"_\", \"-\", \"/\", \"*\" and \"**\" only")
        }
    }

    /// True where the whole text fits the pattern.
    package func matches(_ text: String) -> Bool {
        var places = Places(count: steps.count + 1)
        reach(0, &places)
        for byte in text.utf8 {
            var next = Places(count: steps.count + 1)
            places.forEach { place in advance(place, byte, &next) }
            places = next
        }
        return places.contains(steps.count)
    }

    /// Adds a place and those that are reached from it without any byte.
    private func reach(_ place: Int, _ places: inout Places) {
        var place = place
        while !places.contains(place) {
            places.insert(place)
            guard place < steps.count else { return }
            switch steps[place] {
            case .part, .anything: place += 1
            case .folders:
                places.insert(place + 1)
                place += 2
            case .literal, .folder: return
            }
        }
    }

    private func advance(_ place: Int, _ byte: UInt8, _ next: inout Places) {
        guard place < steps.count else { return }
        switch steps[place] {
        case .literal(let literal): if byte == literal { reach(place + 1, &next) }
        case .part: if byte != Self.slash { reach(place, &next) }
        case .anything: reach(place, &next)
        case .folder:
            reach(place, &next)
            if byte == Self.slash { reach(place + 1, &next) }
        case .folders: break
        }
    }

    private static let star = UInt8(ascii: "*")
    private static let slash = UInt8(ascii: "/")
}

/// A set of small numbers, one bit each.
private struct Places {
    private var words: [UInt64]

    init(count: Int) {
        words = Array(repeating: 0, count: count / 64 + 1)
    }

    func contains(_ place: Int) -> Bool { words[place >> 6] >> UInt64(place & 63) & 1 == 1 }

    mutating func insert(_ place: Int) { words[place >> 6] |= 1 << UInt64(place & 63) }

    func forEach(_ body: (Int) -> Void) {
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                body(index << 6 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }
}

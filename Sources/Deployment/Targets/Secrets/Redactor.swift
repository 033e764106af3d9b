/// Replaces secrets in a stream of bytes. What could be the beginning of one is held back until more is known.
struct Redactor: Sendable {
    private var patterns: [SecretPattern] = []
    /// By byte, those that may begin with it: most of a text is passed over by one look.
    private var beginning = [[Int]](repeating: [], count: 256)
    /// Held back because it may be the beginning of a secret.
    private var held: [UInt8] = []
    /// Beginnings of secrets after which something else came, as when standard output and standard error take turns: a later
    /// write may go on with one of them.
    private var open: [[UInt8]] = []

    /// Below this length a text is no secret worth the name, and replacing it would tear up everything.
    private static let shortest = 4
    /// How many beginnings are remembered. Each is shorter than the longest spelling of a secret.
    private static let openLimit = 8
    private static let mark = Array("***".utf8)

    /// The same secrets, for another text.
    var fresh: Redactor {
        var copy = self
        copy.held = []
        copy.open = []
        return copy
    }

    mutating func hide(_ texts: [String]) {
        for text in texts {
            let new = text.utf8.count < Self.shortest ? [] : SecretPattern.all(of: text).filter { !patterns.contains($0) }
            patterns += new
            // Programs print long ones line by line.
            let lines = text.split(whereSeparator: \.isNewline)
            for line in lines where lines.count > 1 && line.utf8.count >= 16 { patterns.append(.text(Array(line.unicodeScalars))) }
        }
        for byte in UInt8.min...UInt8.max {
            beginning[Int(byte)] = patterns.indices.filter { patterns[$0].mayBegin(with: byte) }
        }
    }

    /// What can be shown of the text so far.
    mutating func feed(_ bytes: some Collection<UInt8>) -> [UInt8] {
        guard !patterns.isEmpty else { return Array(bytes) }
        held.append(contentsOf: bytes)
        var shown: [UInt8] = []
        shown.reserveCapacity(held.count)
        var position = 0
        walk: while position < held.count {
            switch match(held, at: position) {
            case .partial: break walk
            case .full(let end):
                shown.append(contentsOf: Self.mark)
                position = end
            case .none:
                shown.append(held[position])
                position += 1
            }
        }
        held.removeFirst(position)
        return shown
    }

    /// The same for one write of a program: another of its streams may have written before. Then half a secret is hidden too,
    /// and what goes on with it wherever it comes.
    mutating func feed(write bytes: some Collection<UInt8>) -> [UInt8] {
        guard !patterns.isEmpty else { return Array(bytes) }
        let joined = held.isEmpty ? [] : held + bytes
        guard !held.indices.contains(where: { match(joined, at: $0) != .none }) else { return feed(bytes) }
        var shown: [UInt8] = []
        if !held.isEmpty {
            shown = pending
            remember()
        }
        for index in open.indices.reversed() {
            let text = open[index] + bytes
            switch match(text, at: 0) {
            case .none: continue
            case .partial:
                let isLong = text.count >= Self.shortest
                open[index] = text
                return shown + (isLong ? Self.mark : Array(bytes))
            case .full(let end):
                let rest = bytes.dropFirst(max(0, end - open[index].count))
                open.remove(at: index)
                return shown + Self.mark + feed(rest)
            }
        }
        return shown + feed(bytes)
    }

    /// Keeps what is held as a beginning that is open. The shortest are let go first: a letter may begin many a thing.
    private mutating func remember() {
        if !open.contains(held) { open.append(held) }
        held = []
        guard open.count > Self.openLimit, let shortest = open.indices.min(by: { open[$0].count < open[$1].count }) else { return }
        open.remove(at: shortest)
    }

    /// The longest of all that are there; partial where more of the text could make it another one.
    private func match(_ bytes: [UInt8], at place: Int) -> SecretPattern.Match {
        var longest: Int?
        for index in beginning[Int(bytes[place])] {
            switch patterns[index].match(bytes, at: place) {
            case .none: break
            case .partial: return .partial
            case .full(let end): longest = max(longest ?? 0, end)
            }
        }
        return longest.map { .full(end: $0) } ?? .none
    }

    /// What is held back, as it may be shown: half a secret is hidden too.
    var pending: [UInt8] { held.count < Self.shortest ? held : Self.mark }
}

/// A time zone: what the clock on the wall shows at an instant. Instants are seconds since 1970, wall times as in `WallWindows`.
struct Zone: Sendable, Hashable {
    let name: String
    private let table: ZoneTable

    /// Nil where the name is not one of the system's time zone database. Blocks for a moment where it was not asked for before.
    init?(_ name: String) {
        let isPlain = name.utf8.allSatisfy { ByteSet.word.contains($0) || "/+-".utf8.contains($0) }
        guard isPlain, (1...64).contains(name.utf8.count), let table = ZoneTable.named(name) else { return nil }
        self.name = name
        self.table = table
    }

    static func == (one: Zone, other: Zone) -> Bool { one.name == other.name }
    func hash(into hasher: inout Hasher) { hasher.combine(name) }

    func wall(_ instant: Int) -> Int { instant + table.offset(at: instant) }

    /// The next instant at which the clock is put forward or back; nil where it never is again.
    func nextTransition(after instant: Int) -> Int? { table.nextChange(after: instant) }

    /// What the clock leaves out when it is put forward at an instant; nil where it is put back.
    func gap(at transition: Int) -> Range<Int>? {
        let (before, after) = (wall(transition - 1) + 1, wall(transition))
        return before < after ? before..<after : nil
    }

    /// The instant at which the clock shows that time: where it does so twice, the first or the last of them; where it never does
    /// because it is put forward past it, the instant of that.
    func instant(wall: Int, prefersLast: Bool) -> Int {
        let day = WallWindows.dayLength
        // The offsets of the day before and the day after: a change between them is the only one that matters.
        let candidates = [wall - day, wall + day].map { wall - (self.wall($0) - $0) }
        let fitting = candidates.filter { self.wall($0) == wall }
        if let instant = prefersLast ? fitting.max() : fitting.min() { return instant }
        let earliest = min(candidates[0], candidates[1])
        return nextTransition(after: earliest - 1) ?? earliest
    }
}

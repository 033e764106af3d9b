import IO

/// Says on stderr, every other second, how far something long has come.
struct Progress {
    let total: UInt64
    private var next = Monotonic.milliseconds + 2000

    init(total: UInt64) { self.total = total }

    mutating func say(_ done: UInt64) {
        guard Monotonic.milliseconds >= next else { return }
        next = Monotonic.milliseconds + 2000
        Terminal.error("\(done) of \(total) records\n")
    }
}

/// How long to wait between the attempts at one delivery, and how many there are.
struct RetrySchedule: Sendable, Equatable {
    private let seconds: [Int]

    /// Quick at first, for a receiver that restarts; then over three days, for one that somebody has to repair.
    static let standard = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]

    init(_ seconds: [Int]) {
        self.seconds = seconds.isEmpty ? Self.standard : seconds
    }

    /// After `failures` failed attempts (1 or more), in milliseconds; nil after the last one. A tenth more or less keeps
    /// receivers that came back from being called by everyone at once.
    func delay(after failures: Int, using random: inout some RandomNumberGenerator) -> Int64? {
        guard failures <= seconds.count else { return nil }
        let base = Int64(seconds[max(failures, 1) - 1]) * 1000
        guard base > 0 else { return 0 }
        return base - base / 10 + Int64.random(in: 0...base / 5, using: &random)
    }
}

/// How long to wait between attempts at one delivery.
struct RetrySchedule: Sendable {
    private let seconds: [Int]

    /// Quick at first, for a receiver that restarts; then every five minutes for as long as it takes.
    static let standard = [1, 5, 15, 60, 300]

    init(_ seconds: [Int]?) {
        let chosen = seconds ?? []
        self.seconds = chosen.isEmpty ? Self.standard : chosen
    }

    /// After `failures` failed attempts (1 or more), in milliseconds: the schedule's last delay repeats, since an event is
    /// delivered in order and never given up while its webhook exists. A tenth more or less keeps receivers that came
    /// back from being called by everyone at once.
    func delay(after failures: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        let base = Int64(seconds[min(max(failures, 1), seconds.count) - 1]) * 1000
        guard base > 0 else { return 0 }
        return base - base / 10 + Int64.random(in: 0...base / 5, using: &random)
    }
}

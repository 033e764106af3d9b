extension Gates {
    /// Why no time will come at which windows and freeze let a deployment start; nil where one comes, or where that cannot be
    /// told without looking at too many of their changes.
    /// - Parameters:
    ///   - now: Unix milliseconds.
    ///   - limit: how many changes are looked at.
    func hindrance(at now: Int64, limit: Int) -> DeploymentError? {
        var time = now
        for _ in 0..<limit {
            var next = time
            if let windows, !windows.isOpen(at: time) {
                guard let change = windows.nextChange(after: time) else {
                    return Self.never("windows", time == now ? "none of them opens any more" : "none of them opens any more when the freeze is over")
                }
                next = change
            }
            if let freeze, freeze.isOpen(at: time) {
                guard let change = freeze.nextChange(after: time) else { return Self.endlessFreeze }
                next = max(next, change)
            }
            // Until `next` one of them is in the way all the time.
            guard next > time else { return nil }
            guard next - now < Self.horizon else {
                return windows == nil
                    ? Self.endlessFreeze : Self.never("windows", "none of them opens within ten years while there is no freeze")
            }
            time = next
        }
        return nil
    }

    private static let horizon: Int64 = 10 * 366 * 86_400_000

    private static let endlessFreeze = never("freeze", "it does not end, or not for ten years")

    private static func never(_ key: String, _ reason: String) -> DeploymentError {
        DeploymentError(.invalid, "\"gates/\(key)\" lets nothing be deployed ever: \(reason)", pointer: "/gates/\(key)")
    }
}

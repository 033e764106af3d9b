/// Which name is looked up next, where many wait: a pure value. A look-up cannot be stopped, and who owns names can make them hang
/// for as long as the system's resolver waits. So names that took long before get few of the threads, names that nobody knows
/// yet not all of them, and some are always there for those that were quick.
struct NameTurns: Sendable {
    /// By what is known of a name, in the order in which they are begun.
    private enum Standing: Int, CaseIterable { case quick, unknown, slow }

    /// Of threads together.
    let limit: Int
    private var queues: [[String]] = [[], [], []]
    private var running = [0, 0, 0]
    /// What is known of names: whether they were slow.
    private var history: [String: Bool] = [:]
    private var standings: [String: Standing] = [:]

    /// With more names than this what is known is forgotten.
    private static let historyLimit = 16_384
    /// A look-up that takes so many milliseconds is slow.
    static let patience: Int64 = 1000

    init(limit: Int) { self.limit = limit }

    /// A name is to be looked up. Answers which may begin now.
    mutating func add(_ name: String) -> [String] {
        let standing: Standing = history[name].map { $0 ? .slow : .quick } ?? .unknown
        queues[standing.rawValue].append(name)
        return begin()
    }

    /// A look-up has ended. Answers which may begin now.
    mutating func ended(_ name: String, after milliseconds: Int64) -> [String] {
        if let standing = standings.removeValue(forKey: name) { running[standing.rawValue] -= 1 }
        if history.count >= Self.historyLimit, history[name] == nil { history = [:] }
        history[name] = milliseconds >= Self.patience
        return begin()
    }

    private mutating func begin() -> [String] {
        var names: [String] = []
        for standing in Standing.allCases {
            while mayBegin(standing), !queues[standing.rawValue].isEmpty {
                let name = queues[standing.rawValue].removeFirst()
                running[standing.rawValue] += 1
                standings[name] = standing
                names.append(name)
            }
        }
        return names
    }

    private func mayBegin(_ standing: Standing) -> Bool {
        let (quick, unknown, slow) = (running[0], running[1], running[2])
        let all = quick + unknown + slow
        guard all < limit else { return false }
        return switch standing {
        case .quick: true
        case .unknown: unknown + slow < max(1, limit * 3 / 4)
        case .slow: slow < max(1, limit * 3 / 8) && unknown + slow < max(1, limit * 3 / 4)
        }
    }
}

/// The words after a command's name, checked against what the command takes.
struct Arguments: Sendable {
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]
    private var switches: Set<String> = []

    func value(_ option: String) -> String? { values[option]?.first }
    /// Of an option that may be repeated, in their order.
    func values(_ option: String) -> [String] { values[option] ?? [] }
    func has(_ option: String) -> Bool { switches.contains(option) }

    /// - Throws: `UsageError` for what the command does not take. `--help` must have been looked for before.
    init(_ words: ArraySlice<String>, for command: Command) throws(UsageError) {
        var words = words
        var optionsEnded = false
        while let word = words.popFirst() {
            if optionsEnded || !word.hasPrefix("-") || word == "-" {
                operands.append(word)
            } else if word == "--" {
                optionsEnded = true
            } else {
                try take(option: word, from: &words, for: command)
            }
        }
        let required = command.operands.count { !$0.isOptional }
        guard operands.count >= required else {
            throw UsageError("\(command.operands[operands.count].name) is missing", command)
        }
        guard operands.count <= command.operands.count else {
            throw UsageError("unexpected \"\(operands[command.operands.count])\"", command)
        }
    }

    private mutating func take(
        option word: String, from words: inout ArraySlice<String>, for command: Command
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = command.options.first(where: { $0.name == name }) else {
            throw UsageError("unknown option \(name)", command)
        }
        guard values[name] == nil || option.isRepeatable, !switches.contains(name) else { throw UsageError("\(name) stands twice", command) }
        guard let placeholder = option.value else {
            guard parts.count == 1 else { throw UsageError("\(name) takes no value", command) }
            switches.insert(name)
            return
        }
        guard let value = parts.count == 2 ? String(parts[1]) : words.popFirst() else {
            throw UsageError("\(name) needs a value: \(placeholder)", command)
        }
        values[name, default: []].append(value)
    }
}

/// The command line is not one that the program understands: exit code 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ problem: String, _ command: Command? = nil) {
        let hint = command.map { "see 'signalbox \($0.name) --help'" } ?? "see 'signalbox --help'"
        description = "\(problem); \(hint)"
    }
}

/// A command could not do what it was asked: exit code 1 (or what its help says), and this one sentence on stderr.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    /// It may work a little later: the hub could not be reached, or could not answer at the moment.
    let isTransient: Bool
    let exitCode: Int32

    init(_ description: String, isTransient: Bool = false, exitCode: Int32 = 1) {
        self.description = description
        self.isTransient = isTransient
        self.exitCode = exitCode
    }
}

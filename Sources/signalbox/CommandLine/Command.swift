/// One command of the program: what its help says and what it does.
struct Command: Sendable {
    /// Its words, such as `webhook add`.
    let name: String
    /// One line for the list of commands.
    let summary: String
    /// What follows the name, such as `URL`; empty where nothing may.
    var operands: [Operand] = []
    var options: [Option] = []
    /// One command that a reader can paste.
    let example: String
    let run: @Sendable (Arguments) async throws -> Void

    struct Operand: Sendable {
        let name: String
        var isOptional = false
    }

    struct Option: Sendable {
        /// With its dashes: `--listen`.
        let name: String
        /// What stands for the value; `nil` for a switch.
        var value: String?
        let help: String
        var isRepeatable = false
    }

    static let help = Option(name: "--help", help: "say what this command does")

    var usage: String {
        let operands = operands.map { $0.isOptional ? " [\($0.name)]" : " \($0.name)" }.joined()
        return "usage: signalbox \(name)\(operands)\(options.isEmpty ? "" : " [options]")"
    }

    var helpText: String {
        let options = options + [Self.help]
        let width = options.map { $0.label.count }.max() ?? 0
        let lines = options.map { option in
            "  \(option.label)\(String(repeating: " ", count: width - option.label.count))  \(option.help)"
        }
        return """
            \(usage)

            \(summary)

            Options:
            \(lines.joined(separator: "\n"))

            Example:
              \(example)

            """
    }
}

extension Command.Option {
    var label: String { value.map { "\(name) \($0)" } ?? name }
}

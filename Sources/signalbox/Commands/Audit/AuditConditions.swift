import Audit
import IO

/// The options that say which events are meant.
enum AuditConditions {
    static let options = [
        Command.Option(name: "--since", value: "TIME", help: "from this time on: 7d, 24h, 2026-01-31, 2026-01-31T12:00:00Z"),
        Command.Option(name: "--until", value: "TIME", help: "before this time"),
        Command.Option(name: "--type", value: "TYPE", help: "such as image.pushed; * for anything, as in all that follow"),
        Command.Option(name: "--repository", value: "NAME", help: "such as 'prod/*'"),
        Command.Option(name: "--tag", value: "TAG", help: "such as 'v1.*'"),
        Command.Option(name: "--digest", value: "DIGEST", help: "the image's digest"),
        Command.Option(name: "--mentions", value: "DIGEST", help: "a digest anywhere in the event"),
        Command.Option(name: "--principal", value: "NAME", help: "who did it"),
        Command.Option(name: "--address", value: "ADDRESS", help: "from where; a network such as 10.0.0.0/8, too"),
        Command.Option(name: "--outcome", value: "OUTCOME", help: "success, refused or failed"),
        Command.Option(name: "--request", value: "ID", help: "the request's id"),
        Command.Option(name: "--pattern", value: "JSON", help: "an event pattern"),
        Command.Option(name: "--after", value: "SEQ", help: "only records with a greater sequence number"),
        Command.Option(name: "--before", value: "SEQ", help: "only records with a smaller sequence number"),
    ]

    /// How long ago something was is reckoned from now, once: all pages, and an export that follows for days, are about the same time.
    static func parameters(_ arguments: Arguments) -> [(name: String, value: String)] {
        let now = Wall.milliseconds
        return options.compactMap { option in
            guard let value = arguments.value(option.name) else { return nil }
            let name = String(option.name.dropFirst(2))
            return switch name {
            case "type": (name, fullType(value))
            case "since", "until": (name, QueryTime.duration(value).map { QueryTime.text(now - $0) } ?? value)
            default: (name, value)
            }
        }
    }

    /// `image.pushed` is short for `io.signalbox.image.pushed`.
    static func fullType(_ type: String) -> String {
        type.hasPrefix("io.") || type.hasPrefix("*") ? type : "io.signalbox." + type
    }
}

import CLinux
import Glibc

/// What the program has to say about itself: one line a message on stderr, with time and level. Never fails.
package enum Diagnostics {
    package enum Level: String, Sendable, Comparable {
        case info, warning, error

        package static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
        private var rank: Int {
            switch self {
            case .info: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    /// Where the messages of the current task go instead of stderr: for tests, which look at them.
    @TaskLocal package static var sink: (@Sendable (Level, String) -> Void)?

    package static func info(_ message: @autoclosure () -> String) { write(.info, message()) }
    package static func warning(_ message: @autoclosure () -> String) { write(.warning, message()) }
    package static func error(_ message: @autoclosure () -> String) { write(.error, message()) }

    private static func write(_ level: Level, _ message: String) {
        if let sink { return sink(level, message) }
        // One call, so that lines of two threads do not mix. There is nobody to tell when stderr is gone.
        let text = Array(line(level, message, at: Wall.milliseconds).utf8)
        _ = unsafe text.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }

    /// `2026-01-31T09:30:00.123Z warning: message`, with line breaks and other control characters made visible:
    /// a message may quote what a client sent, and must not be able to fake another line.
    static func line(_ level: Level, _ message: String, at milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var date = unsafe tm()
        unsafe gmtime_r(&seconds, &date)
        func digits(_ value: some BinaryInteger, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let day = unsafe "\(digits(Int(date.tm_year) + 1900, 4))-\(digits(date.tm_mon + 1, 2))-\(digits(date.tm_mday, 2))"
        let clock = unsafe "\(digits(date.tm_hour, 2)):\(digits(date.tm_min, 2)):\(digits(date.tm_sec, 2))"
        var line = "\(day)T\(clock).\(digits(milliseconds % 1000, 3))Z \(level.rawValue): "
        for scalar in message.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                line += scalar.escaped(asASCII: true)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line + "\n"
    }
}

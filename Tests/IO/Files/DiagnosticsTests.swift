import Synchronization
import Testing

@testable import IO

@Suite("Diagnostics")
struct DiagnosticsTests {
    @Test("a line has time, level and message, and no message can make two lines", arguments: [
        ("fine", "2026-01-31T09:30:00.042Z warning: fine\n"),
        ("a\nb\u{1B}[1m\r", "2026-01-31T09:30:00.042Z warning: a\\nb\\u{1B}[1m\\r\n"),
        ("prüfen \"x\"", "2026-01-31T09:30:00.042Z warning: prüfen \"x\"\n"),
    ])
    func line(message: String, line: String) {
        #expect(Diagnostics.line(.warning, message, at: 1_769_851_800_042) == line)
    }

    @Test("a test's sink gets what its task says")
    func sink() {
        let lines = Mutex<[String]>([])
        Diagnostics.$sink.withValue({ level, message in lines.withLock { $0.append("\(level): \(message)") } }) {
            Diagnostics.info("a")
            Diagnostics.error("b")
        }
        #expect(lines.withLock { $0 } == ["info: a", "error: b"])
    }
}

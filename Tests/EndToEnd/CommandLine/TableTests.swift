@testable import signalbox
import Testing

@Suite("What the commands print and read")
struct TableTests {
    @Test("columns are as wide as their longest text, and no line ends with spaces")
    func columns() {
        var table = Table("ID", "STATE", "URL")
        table.add("wh_1", "enabled", "http://a/")
        table.add("wh_22", "", "")
        #expect(table.text == "ID     STATE    URL\nwh_1   enabled  http://a/\nwh_22\n")
    }

    @Test("what others wrote cannot steer the terminal", arguments: ["\u{1b}[2J", "a\nb", "\r", "\u{9b}31m", "\u{202e}x", "\u{7f}", "\u{0}"])
    func hostile(text: String) {
        var table = Table("A")
        table.add(text)
        let shown = table.text.dropFirst(2).dropLast()
        #expect(shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0.properties.generalCategory != .format })
        #expect(shown.contains("\u{FFFD}"))
    }

    @Test("pairs without a value are left out")
    func pairs() {
        #expect(Table.pairs([("id", "1"), ("description", nil), ("state", "on")]) == "id     1\nstate  on\n")
    }

    @Test("times are read with their unit", arguments: [("90", 90), ("90s", 90), ("5m", 300), ("24h", 86_400), ("7d", 604_800), ("0", 0)] as [(String, Int64)])
    func spans(text: String, seconds: Int64) {
        #expect(Span.seconds(text) == seconds)
    }

    @Test("what is no time is refused", arguments: ["", "s", "-5", "1.5h", "5 m", "5x", "٣", "99999999999999999999", "9999999999999999d"])
    func noSpan(text: String) {
        #expect(Span.seconds(text) == nil)
    }
}

import EventPattern

extension Command {
    static let patternMatch = Command(
        name: "pattern match",
        summary: "Answer JSON lines {\"pattern\", \"event\"} on stdin with {\"match\"} or {\"error\"}, line by line.",
        example: #"echo '{"pattern":{"type":["a"]},"event":{"type":"a"}}' | signalbox pattern match"#
    ) { _ in
        var lines = LineReader(limit: PatternLines.maximumLength)
        while let line = lines.next() {
            guard Terminal.out(Array((PatternLines.answer(line: line) + "\n").utf8)) else { return }
        }
    }
}

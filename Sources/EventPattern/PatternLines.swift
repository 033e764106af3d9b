import JSON

/// What `signalbox pattern match` does with each line.
package enum PatternLines {
    /// Bytes of a line that is looked at; of a longer one only the length is told.
    package static let maximumLength = 4 << 20
    private static let depthLimit = 128

    /// `{"pattern": {...}, "event": {...}}` in, `{"match": true}`, `{"match": false}` or `{"error": "..."}` out, without
    /// the line's end. Other keys of the line are let be. There is an answer to every line, whatever its bytes are.
    package static func answer(line: [UInt8]) -> String {
        do throws(LineError) {
            return #"{"match": \#(try match(line))}"#
        } catch {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("error")
            writer.string(error.reason)
            writer.endObject()
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }

    package static func answer(line: some StringProtocol) -> String {
        answer(line: Array(line.utf8))
    }

    private struct LineError: Error {
        let reason: String
    }

    private static func match(_ line: [UInt8]) throws(LineError) -> Bool {
        guard line.count <= maximumLength else { throw LineError(reason: "a line has at most \(maximumLength) bytes") }
        let members = try members(line)
        let source = try member("pattern", members)
        let event = try member("event", members)
        guard case .object = event.kind else { throw LineError(reason: "event: an event is a JSON object") }
        let limits = PatternLimits()
        guard source.range.count <= limits.bytes else {
            throw LineError(reason: "pattern: a pattern has at most \(limits.bytes) bytes")
        }
        let pattern: Pattern
        do throws(PatternError) {
            pattern = try Pattern.parse(source, limits: limits, refusingDuplicates: false)
        } catch {
            throw LineError(reason: "pattern: \(error)")
        }
        do throws(EventError) {
            return try pattern.matches(line[event.range])
        } catch {
            throw LineError(reason: "event: \(error)")
        }
    }

    private static func members(_ line: [UInt8]) throws(LineError) -> [SourceMember] {
        let root: SourceValue
        do throws(EventError) {
            var reader = SourceReader(line, depth: depthLimit)
            root = try reader.document()
        } catch {
            throw LineError(reason: "the line is not valid JSON: \(error)")
        }
        guard case .object(let members) = root.kind else {
            throw LineError(reason: "a line is an object with the keys pattern and event")
        }
        return members
    }

    private static func member(_ name: String, _ members: [SourceMember]) throws(LineError) -> SourceValue {
        let found = members.filter { $0.key == Array(name.utf8) }
        guard let member = found.first, found.count == 1 else {
            throw LineError(reason: found.isEmpty ? "the line has no \(name)" : "the line has more than one \(name)")
        }
        return member.value
    }
}

import Dispatch
import EventLog

/// A long history, made in little time: moves of one tag between two images.
package enum TagMoves {
    /// Appends to the log of a stopped hub whose last two events are pushes of two images to one tag: they are repeated in
    /// turns, each time with an id and a sequence of their own. Blocks.
    package static func append(_ count: Int, toLogIn directory: String) throws {
        var last: [Template] = []
        let log = try EventLog.open(EventLog.Options(directory: directory), replayAfter: 0) { record in
            guard let template = Template(record.body) else { return }
            last = last.suffix(1) + [template]
        }
        defer { log.close() }
        guard last.count == 2 else { throw NoPushes() }
        let (batchSize, batchesUnderWay) = (512, 8)
        let room = DispatchSemaphore(value: batchesUnderWay)
        var left = count
        while left > 0 {
            let batch = min(batchSize, left)
            left -= batch
            room.wait()
            try log.commit({ transaction in
                for _ in 0..<batch {
                    transaction.append { sequence, out in last[Int(sequence & 1)].write(sequence, to: &out) }
                }
            }, whenDurable: { _ in room.signal() })
        }
        for _ in 0..<batchesUnderWay { room.wait() }
        for _ in 0..<batchesUnderWay { room.signal() }
        guard case .writable = log.status else { throw NoPushes() }
    }

    /// There is nothing to repeat, or no room for it.
    package struct NoPushes: Error {}
}

/// An event in three pieces, between which stand the end of its id and its sequence.
private struct Template {
    private let start: [UInt8]
    private let middle: [UInt8]
    private let end: [UInt8]

    /// Nil for what is no push.
    init?(_ body: [UInt8]) {
        let text = String(decoding: body, as: UTF8.self)
        guard text.contains(#""type":"io.signalbox.image.pushed""#), let id = text.firstRange(of: #""id":""#),
            let idEnd = text[id.upperBound...].firstIndex(of: "\""), let sequence = text.firstRange(of: #""sequence":""#),
            let sequenceEnd = text[sequence.upperBound...].firstIndex(of: "\""), idEnd < sequence.lowerBound
        else { return nil }
        start = Array(text[..<text.index(idEnd, offsetBy: -12)].utf8)
        middle = Array(text[idEnd..<sequence.upperBound].utf8)
        end = Array(text[sequenceEnd...].utf8)
    }

    func write(_ sequence: UInt64, to out: inout [UInt8]) {
        out += start
        let digits = Array("0123456789abcdef".utf8)
        for place in stride(from: UInt64(44), through: 0, by: -4) { out.append(digits[Int(sequence >> place & 15)]) }
        out += middle
        out += Array(String(sequence).utf8)
        out += end
    }
}

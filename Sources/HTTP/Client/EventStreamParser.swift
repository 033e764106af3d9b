/// One event of a `text/event-stream`.
package struct ServerSentEvent: Sendable, Equatable {
    /// `message` where the stream names none.
    package var type = "message"
    package var data = ""
    /// The last `id` seen so far, for `Last-Event-ID` after a break.
    package var lastID = ""

    package init(type: String = "message", data: String = "", lastID: String = "") {
        self.type = type
        self.data = data
        self.lastID = lastID
    }
}

/// Reads `text/event-stream` (HTML standard, section 9.2) as it arrives.
package struct EventStreamParser: Sendable {
    private let limit: Int
    private var line: [UInt8] = []
    private var lastWasCR = false
    private var isFirstLine = true
    private var type = ""
    private var data: [UInt8]?
    /// The last `id` that was read, also of a block without data.
    package private(set) var lastID = ""
    /// What the stream asks to wait before connecting anew, in milliseconds.
    package private(set) var retry: Int?

    /// - Parameter limit: bytes of one line and of one event's data.
    package init(limit: Int = 16 << 20) {
        self.limit = limit
    }

    /// The events that these bytes complete.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(HTTPError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let endsLine = byte == ByteClass.cr || byte == ByteClass.lf
            let isSecondHalf = byte == ByteClass.lf && lastWasCR
            lastWasCR = byte == ByteClass.cr
            if isSecondHalf { continue }
            guard endsLine else {
                guard line.count < limit else { throw tooLarge }
                line.append(byte)
                continue
            }
            if let event = try endLine() { events.append(event) }
        }
        return events
    }

    private var tooLarge: HTTPError { HTTPError(.badGateway, "an event is larger than \(limit) bytes") }

    private mutating func endLine() throws(HTTPError) -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == ByteClass.space { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": type = String(decoding: value, as: UTF8.self)
        case "id": if !value.contains(0) { lastID = String(decoding: value, as: UTF8.self) }
        case "retry": if let milliseconds = ByteClass.decimal(value) { retry = Int(clamping: milliseconds) }
        case "data":
            guard (data?.count ?? 0) + value.count < limit else { throw tooLarge }
            if data != nil { data?.append(ByteClass.lf) }
            data = (data ?? []) + value
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            type = ""
            data = nil
        }
        guard let data else { return nil }
        return ServerSentEvent(type: type.isEmpty ? "message" : type, data: String(decoding: data, as: UTF8.self), lastID: lastID)
    }
}

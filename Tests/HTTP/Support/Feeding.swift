import HTTP

/// What came of giving bytes to a request parser.
enum RequestOutcome: Equatable, CustomStringConvertible {
    case needMore
    case refused(Int, String)
    case heads([String], consumed: Int)

    var description: String {
        switch self {
        case .needMore: "needMore"
        case .refused(let status, let message): "\(status) \(message)"
        case .heads(let heads, let consumed): "\(heads) (\(consumed) bytes)"
        }
    }

    var status: Int {
        switch self {
        case .needMore: 0
        case .refused(let status, _): status
        case .heads: 200
        }
    }
}

/// Everything that a head says, to compare two of them.
func summary(_ head: RequestHead) -> String {
    let fields = head.headers.all.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
    return "\(head.method) \(head.path) ?\(head.query ?? "-") @\(head.authority ?? "-") \(head.version) \(head.framing) "
        + "\(head.keepAlive) \(head.expectsContinue) [\(fields)]"
}

/// Gives the bytes as a connection would receive them: a buffer that grows by `pieces`, from which whole heads are taken.
func feed(_ pieces: [ArraySlice<UInt8>], limits: HeadLimits = HeadLimits()) -> RequestOutcome {
    var parser = RequestParser(limits: limits)
    var buffer: [UInt8] = []
    var heads: [String] = []
    var consumed = 0
    do {
        for piece in pieces {
            buffer.append(contentsOf: piece)
            while let parsed = try parser.parse(buffer.span) {
                guard parsed.consumed > 0, parsed.consumed <= buffer.count else { return .refused(0, "consumed \(parsed.consumed)") }
                heads.append(summary(parsed.head))
                consumed += parsed.consumed
                buffer.removeFirst(parsed.consumed)
            }
        }
    } catch {
        return .refused(Int(error.status.code), error.message)
    }
    return heads.isEmpty ? .needMore : .heads(heads, consumed: consumed)
}

func feed(_ text: String, limits: HeadLimits = HeadLimits()) -> RequestOutcome {
    feed([Array(text.utf8)[...]], limits: limits)
}

func feedByteByByte(_ bytes: [UInt8], limits: HeadLimits = HeadLimits()) -> RequestOutcome {
    feed(bytes.indices.map { bytes[$0..<$0 + 1] }, limits: limits)
}

func head(_ text: String) throws -> RequestHead {
    var parser = RequestParser()
    let bytes = Array(text.utf8)
    guard let parsed = try parser.parse(bytes.span) else { throw HTTPError(.badRequest, "not a whole head") }
    return parsed.head
}

/// A head with these field lines.
func headers(_ lines: String...) throws -> HTTPHeaders {
    try head("GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").headers
}

/// xorshift64*: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

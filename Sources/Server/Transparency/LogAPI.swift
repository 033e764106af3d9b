package import Audit
import EventLog
import HTTP
import IO

/// `/log/`: the checkpoint, tiles and entries of the log's tree, as C2SP tlog-tiles has them. Read-only.
struct LogAPI: Sendable {
    let services: Services

    func answer(_ request: Request) async -> Response {
        guard request.method == .get || request.method == .head else {
            var headers = HeaderBuilder()
            headers.append(.allow, "GET, HEAD")
            return text(.methodNotAllowed, "The log is read-only: GET and HEAD.\n", headers)
        }
        let path = request.head.segments.dropFirst().map(\.text)
        if path == ["checkpoint"] { return checkpoint() }
        guard let place = TilePath(path) else { return text(.notFound, "There is no such part of the log.\n") }
        let notary = services.notary
        guard notary.tree != nil || notary.published == nil else {
            return text(.serviceUnavailable, "The tree is being made again: \(notary.failure ?? "it does not take long").\n")
        }
        do {
            let tile = try await services.pool.run { try notary.tile(place.part, index: place.index, width: place.width) }
            guard let tile else { return text(.notFound, "The newest checkpoint does not cover this tile, or its records were archived.\n") }
            var headers = HeaderBuilder()
            headers.append(.contentType, "application/octet-stream")
            headers.append(.cacheControl, "public, max-age=31536000, immutable")
            return Response(.ok, headers, body: .bytes(tile))
        } catch {
            return text(.internalServerError, "\(error)\n")
        }
    }

    private func checkpoint() -> Response {
        if let failure = services.notary.failure { return text(.serviceUnavailable, "no checkpoints are signed: \(failure)\n") }
        guard let published = services.notary.published else { return text(.notFound, "There is no checkpoint yet.\n") }
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/plain; charset=utf-8")
        headers.append(.cacheControl, "public, max-age=1")
        return Response(.ok, headers, body: .bytes(published.note.encoded))
    }

    private func text(_ status: HTTPStatus, _ text: String, _ headers: HeaderBuilder = HeaderBuilder()) -> Response {
        var headers = headers
        headers.append(.contentType, "text/plain; charset=utf-8")
        headers.append(.cacheControl, "no-store")
        return Response(status, headers, body: .bytes(Array(text.utf8)))
    }
}

/// `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`: N in groups of three digits, all but the last with an `x` before them.
package struct TilePath: Hashable {
    let part: Notary.TilePart
    let index: UInt64
    /// 256 for a full tile.
    let width: Int

    init?(_ segments: [String]) {
        var rest = segments[...]
        guard rest.popFirst() == "tile", let kind = rest.popFirst() else { return nil }
        if kind == "entries" {
            part = .entries
        } else {
            guard let level = Checkpoint.number(kind), level <= 63 else { return nil }
            part = .hashes(level: Int(level))
        }
        var width = 256
        if rest.count >= 2, let marked = rest.dropLast().last, marked.hasSuffix(".p") {
            guard let last = rest.popLast(), let number = Checkpoint.number(last), (1...255).contains(number) else { return nil }
            width = Int(number)
            rest.removeLast()
            rest.append(String(marked.dropLast(2)))
        }
        self.width = width
        guard let last = rest.popLast(), let low = Self.group(last), rest.count <= 5 else { return nil }
        var index: UInt64 = 0
        for (place, group) in rest.enumerated() {
            // A number has one form: no leading group is zero.
            guard group.first == "x", let number = Self.group(group.dropFirst()), place > 0 || number > 0 else { return nil }
            index = index * 1000 + number
        }
        self.index = index * 1000 + low
    }

    private static func group(_ text: some StringProtocol) -> UInt64? {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return UInt64(text)
    }

    /// The path for a tile, as a client asks for it.
    package static func path(_ part: Notary.TilePart, index: UInt64, width: Int) -> String {
        var groups = [padded(index % 1000)]
        var rest = index / 1000
        while rest > 0 {
            groups.append("x" + padded(rest % 1000))
            rest /= 1000
        }
        let kind = switch part {
        case .entries: "entries"
        case .hashes(let level): String(level)
        }
        return "tile/\(kind)/\(groups.reversed().joined(separator: "/"))\(width == 256 ? "" : ".p/\(width)")"
    }

    private static func padded(_ number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: 3 - text.count) + text
    }
}

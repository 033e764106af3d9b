import Foundation
import JSON

/// A running hub: the real program on a port and a data folder of its own.
final class Hub: Sendable {
    let folder: TemporaryFolder
    let port: Int
    private let arguments: [String]
    private let host: String
    private let environment: [String: String]
    private let child: Monitor<Child>

    /// Starts a hub and waits until it says where it listens.
    /// - Parameters:
    ///   - host: Where it listens.
    ///   - config: The text of a config file.
    ///   - environment: Variables besides those of the tests.
    init(
        _ arguments: [String] = [], host: String = "127.0.0.1", config: String? = nil, folder: TemporaryFolder? = nil,
        environment: [String: String] = [:]
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        var arguments = arguments
        if let config { arguments += ["--config", try folder.write("signalbox.json5", config)] }
        (self.arguments, self.host, self.environment) = (arguments, host, environment)
        let child = try Hub.spawn(arguments, host: host, data: folder.path + "/data", port: 0, environment)
        port = try Hub.port(of: child)
        self.child = Monitor(child)
    }

    deinit {
        kill()
    }

    var data: String { folder.path + "/data" }
    var address: String { "127.0.0.1:\(port)" }
    var url: String { "http://\(address)" }
    var process: Child { child.with { $0 } }

    /// A connection for one thread.
    func client() throws -> Client { try Client(port: port) }

    /// Ends the hub as a power cut would.
    func kill() {
        process.signal(SIGKILL)
        _ = try? process.wait()
    }

    /// Asks the hub to stop, and returns its exit code.
    func terminate() throws -> Int32 {
        let process = process
        process.signal(SIGTERM)
        let status = try process.wait()
        if status != 0 { print("the hub ended with \(status); it said:\n\(process.output)") }
        return status
    }

    /// Starts the hub again, on the same data and port.
    func restart() throws {
        let next = try Hub.spawn(arguments, host: host, data: data, port: port, environment)
        _ = try Hub.port(of: next)
        child.with { $0 = next }
    }

    private static func spawn(
        _ arguments: [String], host: String, data: String, port: Int, _ environment: [String: String]
    ) throws -> Child {
        try Child([Place.binary, "serve", "--listen", "\(host):\(port)", "--data", data] + arguments, environment: environment)
    }

    private static func port(of child: Child) throws -> Int {
        let line = try child.line(containing: "listening on http")
        guard let address = line.firstMatch(of: /listening on https?:\/\/[^:\/]+:([0-9]+)/), let port = Int(address.1) else {
            throw Failure("no port in the start-up line: \(line)")
        }
        return port
    }
}

extension Hub {
    /// The events after `sequence`, oldest first, page by page.
    func events(after sequence: Int64 = 0) throws -> [JSONValue] {
        let client = try client()
        var events: [JSONValue] = []
        var last = sequence
        while true {
            let response = try client.request("GET", "/api/v1/events?order=asc&limit=1000&after=\(last)")
            guard response.status == 200, let page = try response.json["events"]?.array else {
                throw Failure("no page of events: \(response)")
            }
            guard let newest = page.last?.sequence else { return events }
            events += page
            last = newest
        }
    }

    /// Asks again and again until the hub is as the test wants it: for what nobody is told about.
    func wait(for what: String, seconds: Double = 240, until isSo: (Client) throws -> Bool) throws {
        let client = try client()
        let limit = Date(timeIntervalSinceNow: seconds)
        while try !isSo(client) {
            guard Date() < limit else { throw Failure("waited \(Int(seconds)) s for \(what)") }
            usleep(20_000)
        }
    }

    /// Sets a guard that protects tags from overwrite and deletion.
    func protect(_ name: String, repositories: String, tags: String) throws {
        let body = """
            {"repositories": ["\(repositories)"], "tags": ["\(tags)"], "protect": ["overwrite", "delete"]}
            """
        let response = try client().request(
            "PUT", "/api/v1/guards/\(name)", headers: ["Content-Type": "application/json"], body: Array(body.utf8))
        guard (200...204).contains(response.status) else { throw Failure("the guard was not set: \(response)") }
    }
}

extension JSONValue {
    /// The sequence number of an event.
    var sequence: Int64? { self["sequence"]?.string.flatMap { Int64($0) } }
    var type: String? { self["type"]?.string }
    var encodedText: String { String(decoding: encoded, as: UTF8.self) }
}

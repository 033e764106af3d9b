import Foundation
import Glibc

/// A Docker daemon of the test's own, without networks and with all its state in a folder of its own.
final class DockerDaemon: Sendable {
    let tools: ClientFolder
    private let child: Child
    private let socket: String

    init() throws {
        tools = try ClientFolder()
        // The path of a UNIX socket may have 107 bytes at most, so it does not go below the folder's long name.
        socket = "/tmp/signalbox-\(UUID().uuidString.prefix(8)).sock"
        let path = tools.path
        child = try Child(
            [
                "dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs",
                "--data-root", path + "/docker-data", "--exec-root", path + "/docker-run", "--pidfile", path + "/docker.pid",
                "-H", "unix://" + socket,
            ], environment: ["PATH": (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/sbin"])
        _ = try child.line(containing: "API listen on")
    }

    /// As `DOCKER_HOST` has it.
    var host: String { "unix://" + socket }

    deinit {
        child.signal(SIGTERM)
        _ = try? child.wait(seconds: 30)
        try? FileManager.default.removeItem(atPath: socket)
    }

    @discardableResult
    func docker(_ arguments: String...) throws -> String {
        let finished = try run(arguments)
        guard finished.status == 0 else { throw Failure(finished.description) }
        return finished.text
    }

    func run(_ arguments: [String]) throws -> Finished {
        var environment = tools.environment
        environment["DOCKER_BUILDKIT"] = "0"  // the daemon's own builder: it needs no plug-in
        return try EndToEndTests.run(["docker", "-H", "unix://" + socket] + arguments, environment: environment, seconds: 60)
    }

    /// Builds an image of some layers.
    func build(_ name: String, layers: Int) throws {
        try docker("build", "-t", name, try tools.writeContext("context-\(UUID().uuidString)", layers: layers))
    }

    /// The digest under which the daemon knows an image of a repository.
    func digest(_ name: String) throws -> String {
        let digests = try docker("image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", name)
        return digests.split(separator: "\n").first?.split(separator: "@").last.map(String.init) ?? ""
    }
}

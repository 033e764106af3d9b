import Foundation

/// The storage and the settings that containers' tools use in one test: nothing of the machine's own is read or changed.
final class ClientFolder: Sendable {
    let folder: TemporaryFolder
    let environment: [String: String]

    init() throws {
        folder = try TemporaryFolder()
        let path = folder.path
        try folder.write("runtime/.keep", "")
        environment = [
            "CONTAINERS_STORAGE_CONF": try folder.write(
                "storage.conf",
                """
                [storage]
                driver = "vfs"
                graphroot = "\(path)/storage"
                runroot = "\(path)/run"
                """),
            "CONTAINERS_REGISTRIES_CONF": try folder.write("registries.conf", "unqualified-search-registries = []\n"),
            "CONTAINERS_CONF": try folder.write(
                "containers.conf",
                """
                [engine]
                cgroup_manager = "cgroupfs"
                events_logger = "none"
                """),
            "REGISTRY_AUTH_FILE": try folder.write("auth.json", "{}"),
            "DOCKER_CONFIG": path + "/docker",
            "BUILDAH_ISOLATION": "chroot",
            "XDG_RUNTIME_DIR": path + "/runtime",
            "TMPDIR": path + "/runtime",
            "HOME": path,
        ]
        policy = try folder.write("policy.json", #"{"default": [{"type": "insecureAcceptAnything"}]}"#)
    }

    let policy: String

    var path: String { folder.path }

    @discardableResult
    func succeed(_ command: String...) throws -> String {
        try EndToEndTests.succeed(command, environment: environment, folder: path)
    }

    func run(_ command: String...) throws -> Finished {
        try EndToEndTests.run(command, environment: environment, folder: path, seconds: 60)
    }

    /// A build context of `layers` files, each copied in a step of its own, on top of nothing.
    func writeContext(_ name: String, layers: Int) throws -> String {
        var steps = "FROM scratch\n"
        for layer in 1...layers {
            try folder.write("\(name)/file-\(layer)", "\(name) \(layer) \(UUID().uuidString)\n")
            steps += "COPY file-\(layer) /\n"
        }
        try folder.write("\(name)/Dockerfile", steps)
        return path + "/" + name
    }
}

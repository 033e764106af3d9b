import IO
import Server

extension Command {
    static let serve = Command(
        name: "serve", summary: "Run the hub: the registry, its log and its webhooks.",
        options: [
            Option(name: "--config", value: "FILE", help: "settings in JSON5 (docs/configuration.md)"),
            Option(name: "--listen", value: "HOST:PORT", help: "where to serve (default 127.0.0.1:5000; port 0: any free one)"),
            Option(name: "--data", value: "DIR", help: "where everything is kept (default ./data)"),
            Option(name: "--tls-cert", value: "FILE", help: "certificate chain, PEM; with --tls-key"),
            Option(name: "--tls-key", value: "FILE", help: "private key, PEM"),
            Option(name: "--allow-sparse", help: "accept an index whose manifests are not all here"),
            Option(name: "--allow-anonymous", help: "serve beyond loopback although anybody may then push"),
        ],
        example: "signalbox serve --listen 127.0.0.1:5000 --data ./data"
    ) { arguments in
        var configuration = try configuration(arguments)
        // Itself, also when the file was replaced since.
        configuration.supervisor = "/proc/self/exe"
        let signals = try StopSignals()
        let hub = try await Hub.start(configuration)
        ProcessMemory.letGoOfStart()
        await signals.first()
        await hub.stop()
    }

    private static func configuration(_ arguments: Arguments) throws -> Configuration {
        var configuration = Configuration()
        if let file = arguments.value("--config") { configuration = try Configuration.read(file: file) }
        if let text = arguments.value("--listen") {
            guard let address = HostPort(text) else {
                throw UsageError("--listen takes HOST:PORT such as 127.0.0.1:5000, not \"\(text)\"", serve)
            }
            configuration.listen = address
        }
        if let folder = arguments.value("--data") {
            guard !folder.isEmpty else { throw UsageError("--data takes the path of a folder", serve) }
            configuration.data = folder
        }
        switch (arguments.value("--tls-cert"), arguments.value("--tls-key")) {
        case (nil, nil): break
        case (let certificate?, let key?): configuration.tls = .init(certificate: certificate, key: key)
        default: throw UsageError("--tls-cert and --tls-key go together", serve)
        }
        if arguments.has("--allow-sparse") { configuration.allowSparse = true }
        if arguments.has("--allow-anonymous") { configuration.allowAnonymous = true }
        return configuration
    }
}

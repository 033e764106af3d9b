package import IO
import JSON
package import Events
import HTTP

/// What the hub is told before it starts. Command-line options win over the file.
package struct Configuration: Sendable {
    package var listen = HostPort(host: "127.0.0.1", port: 5000)
    package var data = "./data"
    /// The name that events carry in `source` and `data.registry`; by default what the hub listens on.
    package var registry: String?
    /// Whether an index may name manifests that the repository does not have.
    package var allowSparse = false
    /// Whether to serve beyond loopback without accounts.
    package var allowAnonymous = false
    package var tls: TLS?
    /// Who is believed to say for whom it asks (`X-Forwarded-For`).
    package var trustedProxies: [IPNetwork] = []
    package var guards: [GuardSettings] = []
    package var limits = Limits()
    package var webhooks = Webhooks()
    package var audit = Audit()
    package var deployments = Deployments()
    /// The program that stands between the hub and what its targets run; nil for none. No setting.
    package var supervisor: String?
    package var proofs = AuditSettings()
    package var deliveries = Deliveries()
    package var formats = Formats()
    /// What the file says beside guards and triggers: the hash of each part.
    var fileSettings: [String: String] = [:]

    package struct TLS: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Bounds on what strangers can make the hub hold.
    package struct Limits: Sendable {
        package var connections = 10_000
        package var uploads = 1_000
        /// Seconds that a connection may wait for its next request.
        package var idleSeconds = 75
        /// Seconds from a request's first byte to the end of its head.
        package var headerSeconds = 20
        /// Seconds that a peer may neither send nor take a byte of a body.
        package var stallSeconds = 60
        /// Seconds that requests in flight get to finish after SIGTERM.
        package var drainSeconds = 30
    }

    package struct Webhooks: Sendable {
        /// Private and loopback addresses that may be called. Without it: all of them while the hub itself listens on
        /// loopback, else none, so that nobody can make the hub reach into its network. Link-local addresses, the
        /// metadata service's among them, never.
        package var allowNetworks: [IPNetwork]?
        /// A PEM file with the authorities for receivers' certificates, instead of the system's.
        package var authorities: String?

        func policy(hubIsLocal: Bool) -> AddressPolicy {
            Configuration.policy(allowNetworks, hubIsLocal: hubIsLocal)
        }
    }

    package init() {}

    static func policy(_ allowNetworks: [IPNetwork]?, hubIsLocal: Bool) -> AddressPolicy {
        guard let allowNetworks else { return hubIsLocal ? .localToo : .publicOnly }
        return AddressPolicy(allowsLoopback: false, allowsPrivate: false, networks: allowNetworks)
    }
}

extension Configuration {
    /// Reads a JSON5 file over the defaults. Errors name the file and the key.
    package static func read(file path: String) throws(ConfigurationError) -> Configuration {
        let bytes: [UInt8]?
        do throws(IOError) { bytes = try Files.read(path, limit: 1 << 26) } catch {
            throw ConfigurationError(error.description)
        }
        guard let bytes else { throw ConfigurationError("cannot read \(path): there is no such file") }
        do throws(ConfigurationError) {
            return try Configuration(JSON5.parse(bytes))
        } catch {
            throw ConfigurationError("cannot use \(path): \(error)")
        }
    }

    init(_ value: JSONValue) throws(ConfigurationError) {
        self.init()
        do throws(ObjectReader.Failure) {
            try read(value)
        } catch {
            let place = error.pointer.isEmpty ? "the file" : "\"\(error.pointer.dropFirst())\""
            throw ConfigurationError("\(place) \(error.reason)")
        }
    }

    private static let keys = [
        "listen", "data", "registry", "allowSparse", "allowAnonymous", "tls", "trustedProxies", "guards", "limits", "webhooks",
        "deployments", "secrets", "triggers", "audit", "deliveries", "publicURL", "ecr",
    ]

    private mutating func read(_ value: JSONValue) throws(ObjectReader.Failure) {
        let root = try ObjectReader(value, keys: Self.keys)
        if let text = try root.string("listen") {
            guard let address = HostPort(text) else {
                throw root.failure("listen", "must be HOST:PORT such as 127.0.0.1:5000 or [::1]:5000, not \"\(text)\"")
            }
            listen = address
        }
        if let path = try root.string("data") {
            guard !path.isEmpty else { throw root.failure("data", "must be the path of a folder") }
            data = path
        }
        if let name = try root.string("registry") {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !name.contains("/") else {
                throw root.failure("registry", "must be a host name, with a port if it needs one, not \"\(name)\"")
            }
            registry = name
        }
        allowSparse = try root.bool("allowSparse") ?? allowSparse
        allowAnonymous = try root.bool("allowAnonymous") ?? allowAnonymous
        try readTLS(root)
        trustedProxies = try Self.networks(root, "trustedProxies") ?? trustedProxies
        try readGuards(root)
        try readLimits(root)
        try readWebhooks(root)
        try readDeployments(root)
        try readAudit(root)
        try deliveries.read(root)
        try readFormats(root)
        fileSettings = Self.fingerprints(value)
    }

    private mutating func readTLS(_ root: ObjectReader) throws(ObjectReader.Failure) {
        guard let reader = try root.object("tls", keys: ["certificate", "key"]) else { return }
        guard let certificate = try reader.string("certificate") else { throw reader.missing("certificate") }
        guard let key = try reader.string("key") else { throw reader.missing("key") }
        tls = TLS(certificate: certificate, key: key)
    }

    private mutating func readGuards(_ root: ObjectReader) throws(ObjectReader.Failure) {
        for (index, reader) in (try root.objects("guards", keys: GuardSettings.keys) ?? []).enumerated() {
            let name = try reader.string("name") ?? "config-\(index + 1)"
            let rule = try GuardSettings(name: name, from: reader)
            guard !guards.contains(where: { $0.name == name }) else {
                throw reader.failure("name", "is used twice: \"\(name)\"")
            }
            guards.append(rule)
        }
    }

    private mutating func readLimits(_ root: ObjectReader) throws(ObjectReader.Failure) {
        let keys = ["connections", "uploads", "idleSeconds", "headerSeconds", "stallSeconds", "drainSeconds"]
        guard let reader = try root.object("limits", keys: keys) else { return }
        limits.connections = try reader.int("connections", in: 1...1_000_000) ?? limits.connections
        limits.uploads = try reader.int("uploads", in: 1...1_000_000) ?? limits.uploads
        limits.idleSeconds = try reader.int("idleSeconds", in: 1...86_400) ?? limits.idleSeconds
        limits.headerSeconds = try reader.int("headerSeconds", in: 1...3_600) ?? limits.headerSeconds
        limits.stallSeconds = try reader.int("stallSeconds", in: 1...3_600) ?? limits.stallSeconds
        limits.drainSeconds = try reader.int("drainSeconds", in: 0...3_600) ?? limits.drainSeconds
    }

    private mutating func readWebhooks(_ root: ObjectReader) throws(ObjectReader.Failure) {
        guard let reader = try root.object("webhooks", keys: ["allowNetworks", "authorities"]) else { return }
        webhooks.allowNetworks = try Self.networks(reader, "allowNetworks")
        webhooks.authorities = try reader.string("authorities")
    }
}

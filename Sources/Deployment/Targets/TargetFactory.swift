package import HTTP
package import IO

/// Makes targets ready to run.
package struct TargetFactory: Sendable {
    var services: TargetServices

    /// - Parameters:
    ///   - hooksFolder: where the programs of `hook` targets are; nil where there are none.
    ///   - policy: which addresses targets may call. Link-local addresses, and metadata services among them, are never called.
    ///   - supervisor: a program that runs `Supervisor`, between the hub and what it runs.
    ///   - authorities: a PEM file of certificate authorities, instead of the system's.
    package init(
        hooksFolder: String?, secrets: SecretValues, policy: AddressPolicy, authorities: String? = nil, userAgent: String,
        loops: EventLoopGroup, pool: BlockingPool, supervisor: String? = nil
    ) {
        services = TargetServices(
            hooksFolder: hooksFolder.map(Files.absolute), secrets: secrets, loops: loops, pool: pool, supervisor: supervisor,
            clients: TargetClients(policy: policy, authorities: authorities, userAgent: userAgent, loops: loops, pool: pool))
    }

    /// The target that `spec` describes. A secret that it names and that is not configured is an error here, and again in a
    /// run, since it may go; so are hooks where there is no folder for them.
    package func make(_ spec: TargetSpec) throws(DeploymentError) -> any Target {
        for name in spec.secretNames.sorted() where !services.secrets.contains(name) {
            throw DeploymentError(
                .invalid, "the target needs the secret \"\(name)\", which is not in the configuration's \"secrets\"")
        }
        if spec.settings is HookTarget, services.hooksFolder == nil { throw DeploymentError(.invalid, HookTarget.noFolder) }
        return RunnableTarget(spec: spec, services: services)
    }

    /// What a new trigger is held to besides: a hook that is there. It may go later, and then its runs fail. Blocks.
    package func check(_ spec: TargetSpec) throws(DeploymentError) {
        _ = try make(spec)
        if let hook = spec.settings as? HookTarget { try hook.check(in: services.hooksFolder) }
    }

    /// Ends what is kept open between runs.
    package func shutDown() async {
        await services.clients.shutDown()
    }
}

/// What runs need of the rest of the hub.
struct TargetServices: Sendable {
    let hooksFolder: String?
    let secrets: SecretValues
    let loops: EventLoopGroup
    let pool: BlockingPool
    let supervisor: String?
    let clients: TargetClients
    /// How many milliseconds a second is between two looks at something under way. Tests make it short.
    var second: Int64 = 1000
}

/// A checked target with the hub around it. Here, in one place, secrets are looked up and hidden in all that a run says.
private struct RunnableTarget: Target {
    let spec: TargetSpec
    let services: TargetServices

    func deploy(_ request: DeploymentRequest, output: DeploymentOutput, until deadline: Int64) async -> TargetResult {
        do throws(TargetFailure) {
            let secrets = try await readSecrets()
            output.hide(Array(secrets.values))
            let run = TargetRun(request, output: output, deadline: deadline, secrets: secrets, services: services)
            return .succeeded(summary: Self.bounded(output.redacted(try await spec.settings.run(run))))
        } catch {
            let reason = Self.bounded(output.redacted(error.reason))
            output.note("failed: \(reason)")
            return .failed(reason: reason, isRetryable: error.isRetryable, retryAfter: error.retryAfter)
        }
    }

    /// What others say may be of any length and have line breaks, and stands in records.
    private static func bounded(_ text: String) -> String {
        let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        return line.utf8.count <= 1000 ? line : line.prefix(900) + "..."
    }

    private func readSecrets() async throws(TargetFailure) -> [String: Secret] {
        let (names, values) = (spec.secretNames, services.secrets)
        guard !names.isEmpty else { return [:] }
        do throws(DeploymentError) {
            return try await services.pool.run { () throws(DeploymentError) in
                var secrets: [String: Secret] = [:]
                for name in names { secrets[name] = try values.read(name) }
                return secrets
            }
        } catch {
            throw .retryable(error.message)
        }
    }
}

package import Deployment
package import IO
import JSON

extension Configuration {
    /// How targets are run, and who is believed.
    package struct Deployments: Sendable {
        /// Where the programs of `hook` targets are.
        package var hooks: String?
        /// As of webhooks.
        package var allowNetworks: [IPNetwork]?
        package var authorities: String?
        /// Whether a name in an approval's body counts.
        package var trustApproverField = false
        package var secrets = SecretValues()
        package var triggers: [Trigger] = []
    }

    mutating func readDeployments(_ root: ObjectReader) throws(ObjectReader.Failure) {
        let keys = ["hooks", "allowNetworks", "authorities", "trustApproverField"]
        if let reader = try root.object("deployments", keys: keys) {
            deployments.hooks = try reader.string("hooks")
            if deployments.hooks?.isEmpty == true { throw reader.failure("hooks", "must be the path of a folder") }
            deployments.allowNetworks = try Self.networks(reader, "allowNetworks")
            deployments.authorities = try reader.string("authorities")
            deployments.trustApproverField = try reader.bool("trustApproverField") ?? false
        }
        do throws(DeploymentError) {
            if let secrets = root.value("secrets") { deployments.secrets = try SecretValues(secrets) }
            try readTriggers(root)
        } catch {
            throw ObjectReader.Failure(pointer: error.pointer ?? "", reason: Self.withoutPlace(error))
        }
    }

    private mutating func readTriggers(_ root: ObjectReader) throws(DeploymentError) {
        guard let value = root.value("triggers") else { return }
        guard let list = value.array, list.count <= 100_000 else {
            throw DeploymentError(.invalid, "must be a list of at most 100,000 triggers", pointer: "/triggers")
        }
        var names: Set<String> = []
        for (index, json) in list.enumerated() {
            let trigger = try Trigger(json, at: "/triggers/\(index)")
            guard names.insert(trigger.name).inserted else {
                throw DeploymentError(.invalid, "is used twice: \"\(trigger.name)\"", pointer: "/triggers/\(index)/name")
            }
            deployments.triggers.append(trigger)
        }
    }

    /// Errors of the deployments' readers often begin with the place, which is told anyway.
    private static func withoutPlace(_ error: DeploymentError) -> String {
        let place = "\"\((error.pointer ?? "").dropFirst())\" "
        return error.message.hasPrefix(place) ? String(error.message.dropFirst(place.count)) : error.message
    }

    static func networks(_ reader: ObjectReader, _ key: String) throws(ObjectReader.Failure) -> [IPNetwork]? {
        guard let texts = try reader.strings(key) else { return nil }
        var networks: [IPNetwork] = []
        for (index, text) in texts.enumerated() {
            guard let network = IPNetwork(text) else {
                throw ObjectReader.Failure(
                    pointer: "\(reader.place(of: key))/\(index)",
                    reason: "must be an address or a network such as 10.0.0.0/8, not \"\(text)\"")
            }
            networks.append(network)
        }
        return networks
    }
}

import Deployment
import Events
import JSON

/// What the log is told of the settings, so that a change of them can be seen in it.
extension Configuration {
    /// A setting as it is recorded.
    struct Setting {
        let fingerprint: String
        /// Guards and triggers in full. Other settings may have what is nobody's business.
        var definition: JSONObject?
    }

    /// Guards, triggers, and parts of the file, by the names that records have for them. Where the hub listens and where its data is belongs to the
    /// machine and not to the log.
    var settings: [String: Setting] {
        var settings = fileSettings.mapValues { Setting(fingerprint: $0) }
        for rule in guards {
            var json = JSONWriter()
            rule.encode(into: &json)
            guard let value = try? JSONValue.parse(json.bytes) else { continue }
            settings["guards/\(rule.name)"] = Setting(fingerprint: value.fingerprint, definition: value.object)
        }
        for trigger in deployments.triggers {
            settings["triggers/\(trigger.name)"] = Setting(fingerprint: trigger.fingerprint, definition: trigger.definition)
        }
        // These can be said on the command line too.
        for (name, isSet) in [("allowSparse", allowSparse), ("allowAnonymous", allowAnonymous)] where isSet {
            settings["settings/" + name] = Setting(fingerprint: JSONValue.bool(true).fingerprint)
        }
        return settings
    }

    private static let unrecorded: Set<String> = ["listen", "data", "guards", "triggers", "secrets", "allowSparse", "allowAnonymous", "tls"]

    /// A secret's value has no hash here: one that is short could be found by trying.
    static func fingerprints(_ file: JSONValue) -> [String: String] {
        var settings: [String: String] = [:]
        for member in file.object?.members ?? [] where !unrecorded.contains(member.key) {
            settings["settings/" + member.key] = member.value.fingerprint
        }
        for member in file["secrets"]?.object?.members ?? [] {
            settings["secrets/" + member.key] = (member.value["value"] == nil ? member.value : JSONValue.null).fingerprint
        }
        return settings
    }
}

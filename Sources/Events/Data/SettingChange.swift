package import JSON

/// The data of `config.changed`: the hub started with another setting in its config file, or on its command line, than it was recorded with before.
package struct SettingChange: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case added, changed, removed
    }

    package var kind: Kind
    /// `guards/production`, `triggers/deploy`, `settings/limits`.
    package var setting: String
    /// SHA-256 of the setting's value, in hexadecimal, before and after; nil where it was not there.
    package var previousSHA256: String?
    package var sha256: String?
    /// What a guard or trigger is from now on. Other settings may hold what is nobody's business and are not shown.
    package var definition: JSONObject?

    /// - Parameters:
    ///   - previous, current: the hashes.
    package init(_ kind: Kind, _ setting: String, previous: String?, current: String?, definition: JSONObject? = nil) {
        self.kind = kind
        self.setting = setting
        previousSHA256 = previous
        sha256 = current
        self.definition = definition
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("setting", setting)
        writer.member("change", kind.rawValue)
        writer.member("previousSHA256", ifPresent: previousSHA256)
        writer.member("sha256", ifPresent: sha256)
        if let definition {
            writer.key("definition")
            writer.value(.object(definition))
        }
    }

    init(_ data: Fields) throws(EventError) {
        setting = try data.string("setting")
        guard let kind = Kind(rawValue: try data.string("change")) else { throw data.wrong("change", "is not added, changed or removed") }
        self.kind = kind
        previousSHA256 = try data.optionalString("previousSHA256")
        sha256 = try data.optionalString("sha256")
        definition = data.value("definition")?.object
    }
}

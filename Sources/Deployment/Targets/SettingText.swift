import JSON

/// A text of a target's settings: as it stands, or the value of a secret, `{"secret": "name"}`.
enum SettingText: Sendable {
    case text(String)
    case secret(String)

    init(_ value: JSONValue, pointer: String) throws(DeploymentError) {
        if let text = value.string {
            guard !text.utf8.contains(0) else { throw DeploymentError(.invalid, "a text must not have a zero byte", pointer: pointer) }
            self = .text(text)
        } else if let object = value.object, object.count == 1, let name = object["secret"]?.string, !name.isEmpty {
            self = .secret(name)
        } else {
            throw DeploymentError(.invalid, "must be a string, or {\"secret\": NAME}, not \(value.kind)", pointer: pointer)
        }
    }

    func resolved(_ run: TargetRun) throws(TargetFailure) -> String {
        switch self {
        case .text(let text): text
        case .secret(let name): try run.secret(name).text
        }
    }

    /// A list of strings.
    static func list(_ reader: SettingsReader, _ key: String) throws(DeploymentError) -> [String] {
        var texts: [String] = []
        for (index, value) in (try reader.array(key, limit: 200) ?? []).enumerated() {
            let pointer = "\(reader.place(of: key))/\(index)"
            guard let text = value.string, !text.utf8.contains(0) else {
                throw DeploymentError(.invalid, "\"\(pointer.dropFirst())\" must be a string", pointer: pointer)
            }
            texts.append(text)
        }
        return texts
    }
}

import JSON

/// A text of a target's settings: a template, or the value of a secret, `{"secret": "name"}`, with something before it where
/// that is needed, `{"secret": "name", "prefix": "Bearer "}`.
enum SettingText: Sendable {
    case template(Template)
    case secret(String, prefix: String)

    init(_ value: JSONValue, in place: Template.Place = .text, pointer: String) throws(DeploymentError) {
        if let text = value.string {
            guard !text.utf8.contains(0) else {
                throw DeploymentError(.invalid, "\"\(pointer.dropFirst())\" must not have a zero byte", pointer: pointer)
            }
            self = .template(try Template(text, in: place, pointer: pointer))
            return
        }
        guard value.object?["secret"] != nil else {
            throw DeploymentError(
                .invalid, "\"\(pointer.dropFirst())\" must be a string, or {\"secret\": NAME}, not \(value.kind)", pointer: pointer)
        }
        let reader = try SettingsReader(value, at: pointer, keys: ["secret", "prefix"])
        self = .secret(try reader.required("secret"), prefix: try reader.string("prefix") ?? "")
    }

    /// It is the same in every run, and no secret.
    var isConstant: Bool {
        if case .template(let template) = self { template.isConstant } else { false }
    }

    /// What is in it in every run.
    var literal: String {
        switch self {
        case .template(let template): template.literal
        case .secret(_, let prefix): prefix
        }
    }

    func resolved(_ run: TargetRun) throws(TargetFailure) -> String {
        switch self {
        case .template(let template): try run.filled(template)
        case .secret(let name, let prefix): prefix + (try run.secret(name).text)
        }
    }
}

extension SettingsReader {
    /// The name of a secret, from `{"secret": NAME}`. A value in its place is refused: triggers are shown and logged.
    func secret(_ key: String) throws(DeploymentError) -> String? {
        guard let value = value(key) else { return nil }
        guard let object = value.object, object.count == 1, let name = object["secret"]?.string, !name.isEmpty else {
            throw failure(key, "must be {\"secret\": NAME}: a secret's value must not stand in a trigger")
        }
        return name
    }

    func requiredSecret(_ key: String) throws(DeploymentError) -> String {
        guard let name = try secret(key) else { throw failure(key, "is required, as {\"secret\": NAME}") }
        return name
    }

    func template(_ key: String, in place: Template.Place = .text) throws(DeploymentError) -> Template? {
        guard let text = try string(key) else { return nil }
        return try Template(text, in: place, pointer: self.place(of: key))
    }

    /// The arguments of a program.
    func templates(_ key: String) throws(DeploymentError) -> [Template] {
        var templates: [Template] = []
        for (index, value) in (try array(key, limit: 200) ?? []).enumerated() {
            let pointer = "\(place(of: key))/\(index)"
            guard let text = value.string, !text.utf8.contains(0) else {
                throw DeploymentError(.invalid, "\"\(pointer.dropFirst())\" must be a string", pointer: pointer)
            }
            let template = try Template(text, in: .text, pointer: pointer)
            try ProcessVariables.checkLength(template.literal, pointer)
            templates.append(template)
        }
        return templates
    }

    /// Texts by name, such as fields or parameters, in their order.
    func texts(_ key: String, limit: Int = 100) throws(DeploymentError) -> [(name: String, text: SettingText)]? {
        guard let members = try members(key, limit: limit) else { return nil }
        var texts: [(String, SettingText)] = []
        for member in members {
            texts.append((member.key, try SettingText(member.value, pointer: Self.place(of: member.key, in: place(of: key)))))
        }
        return texts
    }

    /// The image to be set, by default `{{image}}`. Whatever else it says, it says the digest.
    func image() throws(DeploymentError) -> Template {
        let text = try string("image") ?? "{{image}}"
        let names = text.filter { $0 != " " }
        guard names.contains("{{image}}") || names.hasSuffix("@{{digest}}") else {
            throw failure("image", "must deploy by digest: {{image}}, or a name with @{{digest}} at its end")
        }
        return try Template(text, in: .text, pointer: place(of: "image"))
    }
}

extension [(name: String, text: SettingText)] {
    func resolved(_ run: TargetRun) throws(TargetFailure) -> [(name: String, value: String)] {
        var values: [(String, String)] = []
        for (name, text) in self { values.append((name, try text.resolved(run))) }
        return values
    }
}

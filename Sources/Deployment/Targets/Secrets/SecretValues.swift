import Glibc
import IO
package import JSON

/// The secrets that targets may use, by name. Triggers and events carry names only; values are read when a run needs them,
/// so that a secret that is replaced in its file is the new one from the next run on.
package struct SecretValues: Sendable {
    package enum Source: Sendable {
        /// A file's content without the line break at its end.
        case file(String)
        /// A variable of the hub's environment.
        case environment(String)
        case value(Secret)
    }

    private let sources: [String: Source]

    package init(_ sources: [String: Source] = [:]) {
        self.sources = sources
    }

    /// Reads `{"github-token": {"file": "/run/secrets/github"}, "other": {"env": "NAME"}, "third": {"value": "..."}}`.
    package init(_ json: JSONValue, pointer: String = "/secrets") throws(DeploymentError) {
        guard let object = json.object else {
            throw DeploymentError(.invalid, "\(pointer) must be an object of secrets by name, not \(json.kind)", pointer: pointer)
        }
        var sources: [String: Source] = [:]
        for member in object.members {
            let reader = try SettingsReader(
                member.value, at: SettingsReader.place(of: member.key, in: pointer), keys: ["file", "env", "value"])
            let given = try [
                reader.string("file").map { Source.file($0) }, reader.string("env").map { Source.environment($0) },
                reader.string("value").map { Source.value(Secret($0)) },
            ].compactMap { $0 }
            guard let source = given.first, given.count == 1 else {
                throw reader.failure("must have one of file, env and value")
            }
            sources[member.key] = source
        }
        self.sources = sources
    }

    package func contains(_ name: String) -> Bool { sources[name] != nil }

    /// The value, which is never empty. May block on a file.
    package func read(_ name: String) throws(DeploymentError) -> Secret {
        guard let source = sources[name] else {
            throw DeploymentError(.notFound, "there is no secret \"\(name)\": add it under \"secrets\" in the configuration")
        }
        let text: String
        switch source {
        case .value(let secret): return secret
        case .environment(let variable):
            guard let value = unsafe getenv(variable) else {
                throw DeploymentError(.unavailable, "the secret \"\(name)\" is not there: the variable \(variable) is not set in the hub's environment")
            }
            unsafe text = String(cString: value)
        case .file(let path): text = try Self.content(of: path, for: name)
        }
        guard !text.isEmpty else { throw DeploymentError(.unavailable, "the secret \"\(name)\" is empty: put its value where the configuration's \"secrets\" says") }
        return Secret(text)
    }

    private static func content(of path: String, for name: String) throws(DeploymentError) -> String {
        let bytes: [UInt8]?
        do throws(IOError) {
            bytes = try Files.read(path, limit: 64 << 10)
        } catch {
            throw DeploymentError(.unavailable, "the secret \"\(name)\" is not there: \(error)")
        }
        guard var bytes else {
            throw DeploymentError(.unavailable, "the secret \"\(name)\" is not there: there is no file \(path), which the configuration's \"secrets\" names")
        }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A secret's text. Prints as nothing but its kind, so that it cannot reach a log line by accident.
package struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { "Secret" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

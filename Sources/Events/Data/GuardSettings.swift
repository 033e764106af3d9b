package import JSON

/// What a guard can forbid.
package enum Protection: String, Hashable, Sendable, CaseIterable {
    /// A tag that exists is set to another digest.
    case overwrite
    /// A tag is removed, or a manifest that it reaches.
    case delete
}

/// A guard as it was written: it protects the tags that `tags` match and `except` does not, in the repositories that
/// `repositories` match.
package struct GuardSettings: Hashable, Sendable {
    package var name: String
    package var repositories: [String]
    package var tags: [String]
    package var except: [String]
    package var protect: [Protection]

    package init(
        name: String, repositories: [String], tags: [String], except: [String] = [],
        protect: [Protection] = Protection.allCases
    ) {
        self.name = name
        self.repositories = repositories
        self.tags = tags
        self.except = except
        self.protect = protect
    }

    /// Appends the guard as an object.
    package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        encodeMembers(into: &writer)
        writer.endObject()
    }

    /// The members alone, for an object that has more.
    package func encodeMembers(into writer: inout JSONWriter) {
        writer.member("name", name)
        writer.key("repositories")
        writer.list(repositories)
        writer.key("tags")
        writer.list(tags)
        writer.key("except")
        writer.list(except)
        writer.key("protect")
        writer.list(protect.map(\.rawValue))
    }

    init(_ fields: Fields) throws(EventError) {
        name = try fields.string("name")
        repositories = try fields.strings("repositories")
        tags = try fields.strings("tags")
        except = try fields.strings("except")
        protect = []
        for text in try fields.strings("protect") {
            guard let protection = Protection(rawValue: text) else {
                throw fields.wrong("protect", "holds something other than overwrite and delete")
            }
            protect.append(protection)
        }
    }
}

import Events

extension GuardSettings {
    static let keys = ["name", "repositories", "tags", "except", "protect"]

    /// Reads a rule's members, in the config file and in a request alike.
    init(name: String, from reader: ObjectReader) throws(ObjectReader.Failure) {
        guard let repositories = try reader.strings("repositories"), !repositories.isEmpty else {
            throw reader.failure("repositories", "must be a list of patterns such as [\"production/**\"]")
        }
        guard let tags = try reader.strings("tags"), !tags.isEmpty else {
            throw reader.failure("tags", "must be a list of patterns such as [\"v*\"]")
        }
        var protect: [Protection] = []
        for (index, word) in (try reader.strings("protect") ?? Protection.allCases.map(\.rawValue)).enumerated() {
            guard let protection = Protection(rawValue: word) else {
                let allowed = Protection.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                throw ObjectReader.Failure(
                    pointer: "\(reader.place(of: "protect"))/\(index)", reason: "must be one of \(allowed), not \"\(word)\"")
            }
            protect.append(protection)
        }
        let except = try reader.strings("except") ?? []
        self.init(name: name, repositories: repositories, tags: tags, except: except, protect: protect)
    }
}

import HTTP
import JSON

/// Looks at a URL until the JSON it answers says success or failure.
struct StatusPoll: Sendable {
    static let keys = ["url", "urlPath", "path", "success", "failure"]

    private enum Place: Sendable {
        case template(URLTemplate)
        /// Where the first answer's JSON has it.
        case pointer(String)
        /// The first answer's `Location`.
        case location
    }

    private let place: Place
    /// A JSON pointer to the state.
    private let path: String
    private let success: Set<String>
    private let failure: Set<String>

    init(_ reader: SettingsReader) throws(DeploymentError) {
        if reader.value("url") != nil, reader.value("urlPath") != nil {
            throw reader.failure("urlPath", "must not be there beside \"url\"")
        }
        if reader.value("url") != nil {
            place = .template(try URLTemplate(reader, "url"))
        } else if let pointer = try reader.string("urlPath") {
            place = .pointer(try Self.pointer(pointer, reader, "urlPath"))
        } else {
            place = .location
        }
        path = try Self.pointer(try reader.required("path"), reader, "path")
        success = try Self.values(reader, "success")
        failure = try Self.values(reader, "failure")
        guard !success.isEmpty else { throw reader.failure("success", "is required: the values that mean success") }
        guard success.isDisjoint(with: failure) else { throw reader.failure("failure", "has a value of \"success\" too") }
    }

    private static func pointer(_ text: String, _ reader: SettingsReader, _ key: String) throws(DeploymentError) -> String {
        guard text.hasPrefix("/") else { throw reader.failure(key, "must be a JSON pointer such as /status/state, not \"\(text)\"") }
        return text
    }

    private static func values(_ reader: SettingsReader, _ key: String) throws(DeploymentError) -> Set<String> {
        var values: Set<String> = []
        for value in try reader.array(key, limit: 50) ?? [] {
            guard let text = value.scalarText else { throw reader.failure(key, "must be a list of strings, numbers or booleans") }
            values.insert(text)
        }
        return values
    }

    func wait(_ run: TargetRun, _ api: RemoteAPI, for answer: RemoteAnswer, from url: HTTPURL) async throws(TargetFailure) -> String {
        let status = try statusURL(run, answer, url)
        return try await run.poll("the status") { () throws(TargetFailure) in
            let json = try await api.call(.get, status).json()
            guard let state = json.value(at: path)?.scalarText else { return .again("no value at \(path)") }
            if success.contains(state) { return .done("the status is \(state)") }
            if failure.contains(state) { throw .deployment("the status is \(state)") }
            return .again(state)
        }
    }

    /// A URL that the server names gets the same credentials, so it must be the same server's.
    private func statusURL(_ run: TargetRun, _ answer: RemoteAnswer, _ url: HTTPURL) throws(TargetFailure) -> HTTPURL {
        let text: String?
        switch place {
        case .template(let template): return try template.filled(run)
        case .pointer(let pointer): text = try answer.json().value(at: pointer)?.string
        case .location: text = answer.headers[.location]
        }
        guard let text, !text.isEmpty else { throw .final("the answer does not say where its status is to be seen") }
        let status: HTTPURL
        do throws(HTTPClientError) {
            status = try url.resolving(text)
        } catch {
            throw .final("the answer does not say where its status is to be seen: \(error.message)")
        }
        guard status.origin == url.origin else {
            throw .final("the answer says that its status is to be seen elsewhere than at \(url.origin): it is not followed")
        }
        return status
    }
}

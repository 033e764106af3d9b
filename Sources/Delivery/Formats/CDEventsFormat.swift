import Events
import HTTP
import JSON
import OCI

/// CDEvents over CloudEvents' binary mode: the body is the CDEvent, and receivers choose by the field `ce-type`.
///
/// Artifacts are manifests: a tag that is set publishes one, a tag that is removed while its manifest stays deletes none.
enum CDEventsFormat {
    enum Version {
        case v04, v05
    }

    static func payload(_ document: EventDocument, _ version: Version) -> FormattedPayload? {
        guard let fact = Fact(document) else { return nil }
        let type = "dev.cdevents.\(fact.subject.rawValue).\(fact.predicate).\(fact.typeVersion(version))"
        let id = document.event.id.description
        let body = JSONWriter.document { json in
            json.object("context") { json in
                json.member(version == .v04 ? "version" : "specversion", version == .v04 ? "0.4.1" : "0.5.1")
                json.member("id", id)
                json.member("source", document.source)
                json.member("type", type)
                json.member("timestamp", document.timestamp)
            }
            json.object("subject") { json in
                json.member("id", fact.subjectID)
                json.member("source", document.source)
                if version == .v04 { json.member("type", fact.subject.rawValue) }
                json.object("content") { fact.encodeContent(document, into: &$0) }
            }
            // What CDEvents has no member for: the tag, what it pointed to before, the request.
            json.key("customData")
            json.value(document.data)
            json.member("customDataContentType", "application/json")
        }
        let attributes = [
            ("specversion", "1.0"), ("id", id), ("source", document.source), ("type", type), ("subject", fact.subjectID),
            ("time", document.timestamp),
        ]
        return FormattedPayload("application/json", headers: CloudEventsFormat.fields(attributes), body: body)
    }
}

/// An event in the words of CDEvents.
private struct Fact {
    enum Subject: String {
        case artifact, service, environment
    }

    enum Content {
        case user
        case deployment(environment: String, artifact: String)
        case name(String)
    }

    let subject: Subject
    let predicate: String
    let subjectID: String
    let content: Content

    init?(_ document: EventDocument) {
        let registry = document.event.registry
        switch document.event.payload {
        case .imagePushed(let change):
            (subject, predicate, content) = (.artifact, "published", .user)
            subjectID = packageURL(registry, change.repository, change.digest, tag: change.tag?.text)
        case .imageDeleted(let change) where change.tag == nil:
            (subject, predicate, content) = (.artifact, "deleted", .user)
            subjectID = packageURL(registry, change.repository, change.digest, tag: nil)
        case .deployment(let change):
            guard case .succeeded = change.step else { return nil }
            (subject, predicate, subjectID) = (.service, "deployed", change.repository.text)
            let artifact = packageURL(registry, change.repository, change.digest, tag: change.tag)
            content = .deployment(environment: change.environment, artifact: artifact)
        case .environment(let change):
            (subject, predicate, subjectID) = (.environment, "modified", change.environment)
            content = .name(change.environment)
        default: return nil
        }
    }

    /// The types have versions of their own, which are not the specification's.
    func typeVersion(_ version: CDEventsFormat.Version) -> String {
        let minor = predicate == "deleted" ? 1 : 2
        return "0.\(version == .v04 ? minor : minor + 1).0"
    }

    func encodeContent(_ document: EventDocument, into json: inout JSONWriter) {
        switch content {
        case .user:
            if !document.actor.isEmpty { json.member("user", document.actor) }
        case .deployment(let environment, let artifact):
            json.object("environment") { json in
                json.member("id", environment)
                json.member("source", document.source)
            }
            json.member("artifactId", artifact)
        case .name(let name):
            json.member("name", name)
        }
    }
}

/// `pkg:oci/app@sha256%3A...?repository_url=hub.example%3A5000/team/app&tag=v1`, with the qualifiers in order.
private func packageURL(_ registry: String, _ repository: RepositoryName, _ digest: Digest, tag: String?) -> String {
    let name = repository.text.split(separator: "/").last.map(String.init) ?? repository.text
    let location = PercentEncoding.encode("\(registry)/\(repository)", except: "/")
    let version = PercentEncoding.encode(digest.description)
    return "pkg:oci/\(name)@\(version)?repository_url=\(location)\(tag.map { "&tag=" + PercentEncoding.encode($0) } ?? "")"
}

package import Events

/// The form in which a webhook gets its events.
package enum PayloadFormat: String, Sendable, CaseIterable {
    /// CloudEvents 1.0, structured: the record as it stands in the log.
    case cloudevents
    /// CloudEvents 1.0, binary: the attributes are fields of the request, the body is the event's data.
    case cloudeventsBinary = "cloudevents-binary"
    /// CloudEvents 1.0, several events in one array.
    case cloudeventsBatch = "cloudevents-batch"
    /// Harbor's default format.
    case harbor
    /// Harbor's events as CloudEvents.
    case harborCloudEvents = "harbor-cloudevents"
    /// The notifications of Distribution, the reference registry.
    case distribution
    /// Docker Hub's webhooks.
    case dockerhub
    /// The events of Amazon ECR on EventBridge.
    case ecr
    /// CDEvents 0.5.
    case cdevents
    /// CDEvents 0.4, for receivers that know no later one.
    case cdevents04 = "cdevents-0.4"
    /// A message for people.
    case slack
}

/// What goes into one request. It depends on the event and the options alone, so every attempt sends the same bytes.
package struct FormattedPayload: Sendable {
    package let contentType: String
    /// Fields that the format demands, beside the content type and those of the signature.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    init(_ contentType: String, headers: [(name: String, value: String)] = [], body: [UInt8]) {
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }
}

/// What formats say about this registry beyond what the event says.
package struct FormatOptions: Sendable {
    /// The base of URLs of this registry, without a slash at its end: `https://hub.example:5000`.
    package var publicURL: String
    /// `ecr`: the account that the registry stands for, 12 digits.
    package var accountID: String
    package var region: String

    package init(publicURL: String, accountID: String = "000000000000", region: String = "local") {
        self.publicURL = publicURL
        self.accountID = accountID
        self.region = region
    }
}

extension PayloadFormat {
    /// One event in this format; nil where the format has no form for such an event, which is then passed over.
    /// - Parameter event: the body of a record.
    package func payload(of event: [UInt8], _ options: FormatOptions) throws(EventError) -> FormattedPayload? {
        switch self {
        case .cloudevents: CloudEventsFormat.structured(event)
        case .cloudeventsBinary: try CloudEventsFormat.binary(event)
        case .cloudeventsBatch: try CloudEventsFormat.single(event)
        case .harbor: try EventDocument(event).flatMap(HarborFormat.plain)
        case .harborCloudEvents: try EventDocument(event).flatMap(HarborFormat.cloudEvents)
        case .distribution: try EventDocument(event).flatMap { DistributionFormat.payload($0, options) }
        case .dockerhub: try EventDocument(event).flatMap { DockerHubFormat.payload($0, options) }
        case .ecr: try EventDocument(event).flatMap { ECRFormat.payload($0, options) }
        case .cdevents: try EventDocument(event).flatMap { CDEventsFormat.payload($0, .v05) }
        case .cdevents04: try EventDocument(event).flatMap { CDEventsFormat.payload($0, .v04) }
        case .slack: try EventDocument(event).map(SlackFormat.payload)
        }
    }

    /// Several events in one request (`cloudevents-batch`).
    package static func batch(of events: [[UInt8]]) -> FormattedPayload {
        CloudEventsFormat.batch(events)
    }

    /// The `webhook-id` of a batch: the same for the same events in the same order, and for no others.
    package static func batchID(of ids: [String]) -> String {
        CloudEventsFormat.batchID(ids)
    }
}

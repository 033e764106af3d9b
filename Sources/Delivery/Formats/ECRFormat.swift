import Events
import JSON
import OCI

/// What Amazon ECR puts on EventBridge: `ECR Image Action` for a push or a deletion, `ECR Image Scan` for a report.
enum ECRFormat {
    static func payload(_ document: EventDocument, _ options: FormatOptions) -> FormattedPayload? {
        let body: [UInt8]
        switch document.event.payload {
        case .imagePushed(let change):
            body = envelope(document, options, "ECR Image Action", []) { change.encodeAction("PUSH", into: &$0) }
        case .imageDeleted(let change):
            body = envelope(document, options, "ECR Image Action", []) { change.encodeAction("DELETE", into: &$0) }
        case .imageScanned(let scan):
            let name = "arn:aws:ecr:\(options.region):\(options.accountID):repository/\(scan.repository)"
            body = envelope(document, options, "ECR Image Scan", [name]) { scan.encodeDetail(into: &$0) }
        default: return nil
        }
        return FormattedPayload("application/json", body: body)
    }

    private static func envelope(
        _ document: EventDocument, _ options: FormatOptions, _ detailType: String, _ resources: [String],
        _ detail: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        JSONWriter.document { json in
            json.member("version", "0")
            json.member("id", document.event.id.description)
            json.member("detail-type", detailType)
            json.member("source", "aws.ecr")
            json.member("account", options.accountID)
            json.member("time", document.timestampInSeconds)
            json.member("region", options.region)
            json.key("resources")
            json.beginArray()
            for resource in resources { json.string(resource) }
            json.endArray()
            json.object("detail", detail)
        }
    }
}

extension ImageChange {
    fileprivate func encodeAction(_ action: String, into json: inout JSONWriter) {
        json.member("result", "SUCCESS")
        json.member("repository-name", repository.text)
        json.member("image-digest", digest.description)
        json.member("action-type", action)
        json.member("image-tag", ifPresent: tag?.text)
    }
}

extension ImageScan {
    /// Severities without a finding are left out, as ECR does.
    fileprivate func encodeDetail(into json: inout JSONWriter) {
        json.member("scan-status", "COMPLETE")
        json.member("repository-name", repository.text)
        json.object("finding-severity-counts") { json in
            for severity in Severity.allCases.reversed() where summary.counts[severity] > 0 {
                json.key(named: Self.name(severity))
                json.int(summary.counts[severity])
            }
        }
        json.member("image-digest", digest.description)
        json.key("image-tags")
        json.beginArray()
        for tag in tags { json.string(tag.text) }
        json.endArray()
    }

    private static func name(_ severity: Severity) -> String {
        switch severity {
        case .unknown: "UNDEFINED"
        case .negligible: "INFORMATIONAL"
        case .low: "LOW"
        case .medium: "MEDIUM"
        case .high: "HIGH"
        case .critical: "CRITICAL"
        }
    }
}

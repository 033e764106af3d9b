import Events
import OCI
import Testing

@testable import Delivery

/// The sample events of Amazon's page "Amazon ECR events and EventBridge" (read in November 2026, older versions of it are the same in these),
/// with ids and digests that are whole: those of the page are cut short.
@Suite struct ECRExampleTests {
    private static let digest = Samples.digest
    private static let repository = RepositoryName("my-repository-name")!

    private func body(_ payload: Event.Payload, region: String, time: Int64) throws -> String {
        var event: [UInt8] = []
        Event(id: EventID(Samples.id)!, registry: "hub.example", context: Samples.context(), payload: payload)
            .encode(into: &event, sequence: 1, time: time)
        let options = FormatOptions(publicURL: "https://hub.example", accountID: "123456789012", region: region)
        let payload = try #require(try PayloadFormat.ecr.payload(of: event, options))
        #expect(payload.contentType == "application/json")
        return String(decoding: payload.body, as: UTF8.self)
    }

    private func change(tag: String?) -> ImageChange {
        ImageChange(
            repository: Self.repository, tag: tag.flatMap { Tag($0) }, digest: Self.digest, mediaType: .imageManifest, size: 7,
            previousDigest: nil)
    }

    @Test("a push and a deletion are, byte for byte, the samples of the documentation", arguments: ["PUSH", "DELETE"])
    func actions(action: String) throws {
        let isPush = action == "PUSH"
        let (time, text) = isPush ? (Int64(1_573_869_274_000), "2019-11-16T01:54:34Z") : (1_573_869_665_000, "2019-11-16T02:01:05Z")
        let change = change(tag: "latest")
        #expect(try body(isPush ? .imagePushed(change) : .imageDeleted(change), region: "us-west-2", time: time) == """
            {"version":"0","id":"\(Samples.id)","detail-type":"ECR Image Action","source":"aws.ecr","account":"123456789012",\
            "time":"\(text)","region":"us-west-2","resources":[],"detail":{"result":"SUCCESS",\
            "repository-name":"my-repository-name","image-digest":"\(Self.digest)","action-type":"\(action)","image-tag":"latest"}}
            """)
    }

    @Test("a scan is, byte for byte, the sample of the documentation: severities without a finding are left out, its repository is a resource")
    func scan() throws {
        var counts = SeverityCounts()
        (counts.critical, counts.medium) = (10, 9)
        let scan = ImageScan(
            repository: Self.repository, digest: Self.digest, tags: [], mediaType: .imageManifest,
            summary: ScanSummary(scanner: "Trivy", counts: counts), report: Samples.scan.report)
        #expect(try body(.imageScanned(scan), region: "us-east-1", time: 1_572_316_608_000) == """
            {"version":"0","id":"\(Samples.id)","detail-type":"ECR Image Scan","source":"aws.ecr","account":"123456789012",\
            "time":"2019-10-29T02:36:48Z","region":"us-east-1","resources":["arn:aws:ecr:us-east-1:123456789012:repository/my-repository-name"],\
            "detail":{"scan-status":"COMPLETE","repository-name":"my-repository-name","finding-severity-counts":{"CRITICAL":10,"MEDIUM":9},\
            "image-digest":"\(Self.digest)","image-tags":[]}}
            """)
    }
}

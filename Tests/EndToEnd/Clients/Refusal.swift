import JSON
import Testing

extension Hub {
    /// Checks that a client was told once that the tag is immutable, that it gave up, and that nothing changed.
    func expectRefusal(
        _ client: Finished, keeping digest: String, in repository: String, tag: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(client.status != 0, sourceLocation: sourceLocation)
        #expect((client.out + client.err).contains("immutable"), "\(client)", sourceLocation: sourceLocation)
        let rejections = try events().filter {
            $0.type == "io.signalbox.tag.rejected" && $0["data"]?["repository"]?.string == repository
        }
        #expect(rejections.count == 1, "one attempt, no retries", sourceLocation: sourceLocation)
        let kept = try self.client().manifest(repository, tag)
        #expect(kept.headers["docker-content-digest"] == digest, sourceLocation: sourceLocation)
    }
}

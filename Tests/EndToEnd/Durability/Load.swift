/// One writer of a crash test: pushes until the hub is gone.
struct Writer: Sendable {
    let hub: Hub
    let ledger: Monitor<Ledger>
    let name: String
    let seed: UInt64

    /// Every push has a tag of its own; some set two tags at once, some are deleted again.
    func run() {
        guard let client = try? hub.client() else { return }
        let repository = "load/\(name.split(separator: "-").last ?? "0")"
        var number: UInt64 = 0
        while true {
            number += 1
            let image = Image(seed: seed &+ number, layerBytes: 2048)
            let tag = "\(name)-\(number)"
            let isDouble = number.isMultiple(of: 4)
            let tags = isDouble ? [tag, tag + "-also"] : [tag]
            do {
                let answer =
                    isDouble
                    ? try push(image, client, repository, tags)
                    : try client.push(image, to: repository, as: tag)
                guard answer.status == 201 else {
                    ledger.with { $0.surprises.append("push: \(answer)") }
                    return
                }
                ledger.with { $0.acknowledge(image, repository, tags: tags) }
                guard number.isMultiple(of: 7) else { continue }
                let deletion = try client.request("DELETE", "/v2/\(repository)/manifests/\(tag)")
                guard deletion.status == 202 else {
                    ledger.with { $0.surprises.append("deletion: \(deletion)") }
                    return
                }
                ledger.with { $0.acknowledgeDeletion(repository, tag: tag, digest: image.digest) }
            } catch {
                return  // the connection is lost: nothing was promised about this push
            }
        }
    }

    private func push(_ image: Image, _ client: Client, _ repository: String, _ tags: [String]) throws -> Response {
        for blob in image.blobs {
            let answer = try client.upload(blob, to: repository)
            guard answer.status == 201 else { return answer }
        }
        let parameters = tags.map { "tag=\($0)" }.joined(separator: "&")
        return try client.put(image.manifest, to: repository, as: "\(image.digest)?\(parameters)")
    }
}

import Foundation
import HTTP
import IO
import JSON
import OCI
import TestSupport
import Testing

@testable import Deployment

/// A factory of targets with a hooks folder of its own.
final class TargetBench: Sendable {
    static let loops = try? EventLoopGroup(count: 2)
    static let pool = BlockingPool(name: "test", threads: 8)

    let folder: TemporaryFolder
    let factory: TargetFactory
    let output = DeploymentOutput()

    init(secrets: [String: String] = [:], policy: AddressPolicy = .localToo, authorities: String? = nil) throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/hooks", withIntermediateDirectories: true)
        var factory = TargetFactory(
            hooksFolder: folder.path + "/hooks", secrets: SecretValues(secrets.mapValues { .value(Secret($0)) }), policy: policy,
            authorities: authorities, userAgent: "Signalbox/test", loops: try #require(Self.loops), pool: Self.pool)
        factory.services.second = 1
        self.factory = factory
    }

    var text: String { String(decoding: output.content(), as: UTF8.self) }

    @discardableResult
    func addHook(_ name: String, _ script: String, mode: Int = 0o755) throws -> String {
        let path = try folder.write("hooks/" + name, script)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    func deploy(
        _ spec: String, _ request: DeploymentRequest = .sample(), timeout: Int64 = 240_000
    ) async throws -> TargetResult {
        let target = try factory.make(TargetSpec(JSONValue.parse(spec)))
        return await target.deploy(request, output: output, until: Monotonic.milliseconds + timeout)
    }
}

extension DeploymentRequest {
    static let digest = "sha256:" + String(repeating: "ab", count: 32)

    static func sample(tag: String? = "1.4.2", repository: String = "production/shop", event: String? = nil) -> DeploymentRequest {
        let event = event ?? """
            {"specversion":"1.0","id":"01937c5e-8a4b-7c3d-9e2f-1a2b3c4d5e6f","type":"io.signalbox.image.pushed",\
            "data":{"repository":"production/shop","actor":{"name":"say \\"hi\\" & bye"}}}
            """
        return DeploymentRequest(
            id: "dep_42_0badcafe", trigger: "shop", environment: "production", registry: "registry.example.com:5000",
            repository: repository, tag: tag, digest: Digest(digest) ?? Digest.empty, event: Array(event.utf8))
    }
}

extension Digest {
    static var empty: Digest {
        guard let digest = Digest(.sha256, bytes: [UInt8](repeating: 0, count: 32)) else { fatalError("32 bytes") }
        return digest
    }
}

extension TargetResult {
    var reason: String? { if case .failed(let reason, _, _) = self { reason } else { nil } }
    var isRetryable: Bool? { if case .failed(_, let isRetryable, _) = self { isRetryable } else { nil } }
    var retryAfter: Int64? { if case .failed(_, _, let after) = self { after } else { nil } }
    var summary: String? { if case .succeeded(let summary) = self { summary } else { nil } }
}

/// What makes a spec invalid: the error's text and pointer.
func targetRefusal(_ spec: String) throws -> DeploymentError? {
    do {
        _ = try TargetSpec(JSONValue.parse(spec))
        return nil
    } catch let error as DeploymentError {
        return error
    }
}

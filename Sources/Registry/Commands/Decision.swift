import Events
import OCI

/// What a command comes to, as a pure function of it and the state: changes to commit together, and the answer for when they are
/// on disk. A refusal can have changes too: the record that it was refused.
struct Decision<Answer: Sendable>: Sendable {
    let changes: [Change]
    let answer: Result<Answer, RegistryError>

    static func commit(_ changes: [Change], _ answer: Answer) -> Decision {
        Decision(changes: changes, answer: .success(answer))
    }

    static func refuse(_ error: RegistryError, recording changes: [Change] = []) -> Decision {
        Decision(changes: changes, answer: .failure(error))
    }
}

/// One record to be. An object, which every step refers to.
final class Change: Sendable {
    let payload: Event.Payload
    /// Where it brings a manifest: its bytes and what they mean.
    let manifest: Manifest?
    let attachment: [UInt8]

    init(_ payload: Event.Payload, manifest: Manifest? = nil, attachment: [UInt8] = []) {
        self.payload = payload
        self.manifest = manifest
        self.attachment = attachment
    }
}

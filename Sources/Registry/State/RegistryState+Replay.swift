package import EventLog
import Events
import IO
import OCI

extension RegistryState {
    /// Takes in a record of the log. Those that it has already, and those of others or of later versions, change nothing.
    package mutating func apply(_ record: Record) throws(RegistryError) {
        guard record.sequence > sequence else { return }
        guard record.kind == .event else {
            hasGaps = true
            sequence = record.sequence
            return
        }
        do throws(EventError) {
            let event = try Event(decoding: record.body)
            try fold(event.payload, record)
        } catch {
            guard case .unknownType = error.code else {
                throw RegistryError.damaged("record \(record.sequence) of the log cannot be read: \(error.message)")
            }
            Diagnostics.warning("record \(record.sequence) is passed over: \(error.message)")
        }
    }

    private mutating func fold(_ payload: Event.Payload, _ record: Record) throws(RegistryError) {
        var manifest: Manifest?
        if case .imagePushed(let change) = payload, !record.attachment.isEmpty {
            do {
                manifest = try Manifest(parsing: record.attachment, contentType: change.mediaType)
            } catch {
                throw RegistryError.damaged("the manifest in record \(record.sequence) cannot be read: \(error.message)")
            }
        }
        try apply(payload, manifest: manifest, sequence: record.sequence)
    }
}

package import EventLog
import Events
import IO
import OCI

extension RegistryState {
    /// Takes in a record of the log. Those that it has already, and those of others or of later versions, change nothing.
    package mutating func apply(_ record: Record) throws(RegistryError) {
        guard record.sequence > sequence else { return }
        guard record.kind != .lost else {
            hasGaps = true
            sequence = record.sequence
            return
        }
        guard let payload = try Self.payload(of: record) else { return }
        try apply(payload, manifest: try Self.manifest(of: record, payload), sequence: record.sequence)
    }

    private static func payload(of record: Record) throws(RegistryError) -> Event.Payload? {
        do {
            return try Event(decoding: record.body).payload
        } catch {
            guard case .unknownType = error.code else {
                throw .damaged("record \(record.sequence) of the log cannot be read: \(error.message)")
            }
            Diagnostics.warning("record \(record.sequence) is passed over: \(error.message)")
            return nil
        }
    }

    private static func manifest(of record: Record, _ payload: Event.Payload) throws(RegistryError) -> Manifest? {
        guard case .imagePushed(let change) = payload, !record.attachment.isEmpty else { return nil }
        do {
            return try Manifest(parsing: record.attachment, contentType: change.mediaType)
        } catch {
            throw .damaged("the manifest in record \(record.sequence) cannot be read: \(error.message)")
        }
    }
}

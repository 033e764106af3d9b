/// One entry of the log: an opaque body and an opaque attachment under a sequence number.
package struct Record: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        case event = 1
        /// Damage took the record; a repair put this in its place so that the numbers stay gapless. Body and attachment are empty.
        case lost = 2
        /// Personal data was taken out of the body; the hash of the body it had is kept. Everything else is as it was committed.
        case redacted = 3
    }

    /// 1, 2, 3, ... without gaps.
    package let sequence: UInt64
    /// When it was committed, in milliseconds since 1970 by the system's clock (which may be set back: not an order).
    package let time: Int64
    package let kind: Kind
    package let body: [UInt8]
    package let attachment: [UInt8]
    /// Of a redacted record: SHA-256 of the body that was committed.
    package let originalBodyHash: TreeHash?

    init(
        sequence: UInt64, time: Int64, kind: Kind, body: [UInt8], attachment: [UInt8], originalBodyHash: TreeHash? = nil
    ) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.body = body
        self.attachment = attachment
        self.originalBodyHash = originalBodyHash
    }

    /// For those who keep it and need the body alone.
    package var withoutAttachment: Record {
        attachment.isEmpty ? self : Record(sequence: sequence, time: time, kind: kind, body: body, attachment: [], originalBodyHash: originalBodyHash)
    }
}

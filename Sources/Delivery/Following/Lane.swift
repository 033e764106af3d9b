import Events

/// What has to be delivered one after the other.
enum Lane {
    /// Events without a repository share one.
    private static let shared: UInt64 = 1

    /// A number for the event's repository: FNV-1a of its name, the same in every run. That two repositories have one
    /// number is unlikely and only makes one wait for the other.
    static func of(_ event: [UInt8]) -> UInt64 {
        guard let repository = EventHeader.repository(scanning: event) else { return shared }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in repository { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
        return max(hash, shared + 1)
    }
}

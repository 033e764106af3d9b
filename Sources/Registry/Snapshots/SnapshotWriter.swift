import OCI

/// Appends the parts of a snapshot: numbers as base-128 varints (low groups first), texts and lists with their count before them.
struct SnapshotWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func count(_ value: Int) { number(UInt64(clamping: value)) }

    mutating func text(_ value: String) {
        count(value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func texts(_ values: [String]) {
        count(values.count)
        for value in values { text(value) }
    }

    mutating func digest(_ value: Digest) {
        bytes.append(value.algorithm.rawValue)
        value.append(to: &bytes)
    }

    mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }
}

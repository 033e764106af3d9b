import OCI

/// Reads what `SnapshotWriter` wrote. Every read is checked: a snapshot that is not what it should be is an error.
struct SnapshotReader {
    private let bytes: [UInt8]
    private var position = 0

    struct Damaged: Error {}

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func number() throws(Damaged) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Damaged()
    }

    /// A count of things that take at least a byte each, so that damage cannot ask for more memory than the file is long.
    mutating func count() throws(Damaged) -> Int {
        let value = try number()
        guard value <= UInt64(bytes.count - position) else { throw Damaged() }
        return Int(value)
    }

    mutating func byte() throws(Damaged) -> UInt8 {
        guard position < bytes.count else { throw Damaged() }
        position += 1
        return bytes[position - 1]
    }

    mutating func text() throws(Damaged) -> String {
        let length = try count()
        let end = position + length
        guard let text = String(validating: bytes[position..<end], as: UTF8.self) else { throw Damaged() }
        position = end
        return text
    }

    mutating func texts() throws(Damaged) -> [String] {
        var texts: [String] = []
        for _ in 0..<(try count()) { texts.append(try text()) }
        return texts
    }

    mutating func digest() throws(Damaged) -> Digest {
        guard let algorithm = DigestAlgorithm(rawValue: try byte()), algorithm.byteCount <= bytes.count - position,
            let digest = Digest(algorithm, bytes: bytes[position..<position + algorithm.byteCount])
        else { throw Damaged() }
        position += algorithm.byteCount
        return digest
    }

    mutating func expect(_ expected: [UInt8]) throws(Damaged) {
        guard bytes[position...].starts(with: expected) else { throw Damaged() }
        position += expected.count
    }
}

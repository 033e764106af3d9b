/// A 256-bit key. Prints as nothing but its kind, so that it cannot reach a log line by accident.
package struct SecretKey: Sendable, CustomStringConvertible, CustomReflectable {
    package static let length = 32

    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count == Self.length else {
            throw CryptoError(.keyLength, "a key must be \(Self.length) bytes long, not \(bytes.count)")
        }
        self.bytes = bytes
    }

    package static func random() throws(CryptoError) -> SecretKey {
        try SecretKey(SecureRandom.bytes(length))
    }

    package var description: String { "SecretKey" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

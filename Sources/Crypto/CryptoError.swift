/// Why a cryptographic operation could not be carried out.
package struct CryptoError: Error, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// The system's random number generator gave no bytes.
        case random
        /// A sealed message was changed, cut, or sealed with another key or other associated data.
        case notAuthentic
        /// A key has the wrong length.
        case keyLength
        /// The key file cannot be read, written or trusted.
        case keyFile
        /// libcrypto refused; only a broken installation or exhausted memory does this.
        case library
    }

    package let code: Code
    /// One clear sentence for the operator.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

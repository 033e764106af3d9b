extension KeyFile {
    /// The Ed25519 key whose seed is in the file at `path`, created with mode 0600 when there is none.
    package static func loadOrCreateSigningKey(_ path: String) throws(CryptoError) -> Ed25519PrivateKey {
        try Ed25519PrivateKey(seed: loadOrCreate(path).bytes)
    }
}

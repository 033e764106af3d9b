import JSON

/// What a manifest in an index is for.
package struct Platform: Hashable, Sendable, CustomStringConvertible {
    package let os: String
    package let architecture: String
    package let variant: String?

    package init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// A missing part is taken as `unknown`, the word that builders write for attestations.
    init(json: JSONObject, at field: FieldPath) throws(OCIError) {
        os = try field.optionalString(json, "os") ?? "unknown"
        architecture = try field.optionalString(json, "architecture") ?? "unknown"
        variant = try field.optionalString(json, "variant")
    }

    /// Nothing runs on it: builders attach attestations to an index under such a platform.
    package var isUnknown: Bool { os == "unknown" && architecture == "unknown" }

    /// `os/architecture` or `os/architecture/variant`.
    package var description: String {
        let base = "\(os)/\(architecture)"
        return variant.map { "\(base)/\($0)" } ?? base
    }
}

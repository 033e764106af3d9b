import Events
import JSON
import OCI

extension TagRejection {
    /// The refusal as its client sees it.
    var error: OCIError {
        var detail = JSONObject()
        detail["reason"] = .string(reason.rawValue)
        detail["tag"] = tag.map { .string($0.text) } ?? .null
        detail["currentDigest"] = currentDigest.map { .string($0.description) } ?? .null
        detail["attemptedDigest"] = attemptedDigest.map { .string($0.description) } ?? .null
        detail["rule"] = .string(rule)
        return OCIError(.denied, message, detail: .object(detail))
    }

    private var message: String {
        let what = tag.map { "tag \($0)" } ?? "a tag"
        let doing = action == .overwrite ? "overwriting" : "deleting"
        switch reason {
        case .tagImmutable:
            return "\(what) of \(repository) is immutable: guard \(rule) forbids \(doing) it"
        case .guardUndecided:
            return "\(what) of \(repository) may be immutable: guard \(rule) cannot decide, so \(doing) it is refused"
        }
    }
}

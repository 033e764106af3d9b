/// Which pulls are recorded.
package enum PullMode: String, Sendable, CaseIterable {
    case off
    /// About one of a hundred.
    case sampled
    case all

    package static let sampleRate = 100
}

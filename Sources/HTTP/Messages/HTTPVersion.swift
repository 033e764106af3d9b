/// The version of a message. A minor version above 1 is read as 1.1 (RFC 9110, section 2.5); other major versions are refused.
package enum HTTPVersion: Sendable, Hashable {
    case http10
    case http11
}

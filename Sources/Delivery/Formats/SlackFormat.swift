import Events
import JSON

/// A message for Slack's incoming webhooks, and for what takes the same (Mattermost, Rocket.Chat, Discord's `/slack`).
enum SlackFormat {
    static func payload(_ document: EventDocument) -> FormattedPayload {
        let message = SlackMessage(document)
        return FormattedPayload("application/json", body: JSONWriter.document { $0.member("text", message.text) })
    }
}

/// One message in Slack's mrkdwn. What comes from outside stands in code spans only, where no markup works, with the three
/// characters escaped that Slack gives a meaning everywhere, and cut to a length: so no name can mention a channel, make
/// a link or fake a line, and the message has a bound.
struct SlackMessage {
    private(set) var text = ""

    static let maximumSpan = 200

    mutating func bold(_ words: String) { text += "*\(words)*" }
    mutating func plain(_ words: String) { text += words }

    /// A code span of foreign text; nothing for an empty one.
    mutating func code(_ foreign: String, before: String = " ") {
        guard !foreign.isEmpty else { return }
        text += before + "`"
        var count = 0
        for scalar in foreign.unicodeScalars {
            count += 1
            if count > Self.maximumSpan {
                text += "…"
                break
            }
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "`": text += "'"
            default: text.unicodeScalars.append(scalar.properties.isVisible ? scalar : " ")
            }
        }
        text += "`"
    }

    /// The algorithm and twelve digits tell digests apart for people.
    mutating func digest(_ digest: String, before: String = " ") { code(String(digest.prefix(19)), before: before) }
}

extension Unicode.Scalar.Properties {
    /// Neither a line break, nor a control or format character, such as those that turn the direction of text.
    fileprivate var isVisible: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

package import JSON

/// The data of `trigger.*`: a trigger as it was written, and what became of it. Targets name their secrets and never hold them.
package struct TriggerChange: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case created, updated, deleted, paused, resumed
    }

    package var kind: Kind
    package var name: String
    /// The members as the API takes them; of a trigger that is paused or resumed nothing, as nothing of it changes.
    package var definition: JSONObject

    package init(_ kind: Kind, name: String, definition: JSONObject = JSONObject()) {
        self.kind = kind
        self.name = name
        self.definition = definition
    }

    var type: EventType {
        switch kind {
        case .created: .triggerCreated
        case .updated: .triggerUpdated
        case .deleted: .triggerDeleted
        case .paused: .triggerPaused
        case .resumed: .triggerResumed
        }
    }

    func encode(into writer: inout JSONWriter) {
        writer.key("trigger")
        writer.beginObject()
        writer.member("name", name)
        for member in definition.members where member.key != "name" {
            writer.key(named: member.key)
            writer.value(member.value)
        }
        writer.endObject()
    }

    init(_ kind: Kind, _ data: Fields) throws(EventError) {
        self.kind = kind
        name = try data.fields("trigger").string("name")
        definition = data.value("trigger")?.object ?? JSONObject()
        definition["name"] = nil
    }
}

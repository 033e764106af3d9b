import JSON

/// The data of `witness.began` and `witness.refused`: what this hub saw of another log as its witness.
package struct WitnessNotice: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The first checkpoint of the log was signed.
        case began
        /// A checkpoint that the log signed was not shown to follow on the one before.
        case refused
    }

    /// A checkpoint's size and root, the latter in base64.
    package struct Head: Hashable, Sendable {
        package var size: UInt64
        package var root: String

        package init(size: UInt64, root: String) {
            self.size = size
            self.root = root
        }
    }

    package var kind: Kind
    /// The log's name.
    package var origin: String
    package var head: Head
    /// The last one that the witness had signed; nil where there was none.
    package var previous: Head?
    /// The checkpoint as it came, with the signatures of the log alone: a proof of what it signed.
    package var checkpoint: String

    package init(_ kind: Kind, origin: String, head: Head, previous: Head?, checkpoint: String) {
        self.kind = kind
        self.origin = origin
        self.head = head
        self.previous = previous
        self.checkpoint = checkpoint
    }

    var type: EventType {
        switch kind {
        case .began: .witnessBegan
        case .refused: .witnessRefused
        }
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("origin", origin)
        head.encode(into: &writer)
        if let previous {
            writer.key("previous")
            writer.beginObject()
            previous.encode(into: &writer)
            writer.endObject()
        }
        writer.member("checkpoint", checkpoint)
    }

    init(_ kind: Kind, _ data: Fields) throws(EventError) {
        self.kind = kind
        origin = try data.string("origin")
        head = try Head(data)
        previous = data.value("previous") == nil ? nil : try Head(try data.fields("previous"))
        checkpoint = try data.string("checkpoint")
    }
}

extension WitnessNotice.Head {
    fileprivate func encode(into writer: inout JSONWriter) {
        writer.member("size", String(size))
        writer.member("root", root)
    }

    fileprivate init(_ data: Fields) throws(EventError) {
        self.init(size: try data.parsed("size"), root: try data.string("root"))
    }
}

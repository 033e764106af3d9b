import HTTP
import JSON

/// A text with names in double braces, such as `deploy {{repository}}:{{tag}}`. Each value is escaped for the place where it
/// stands, so that no tag and no event can break out of it. `{{{{` stands for two braces.
package struct Template: Sendable, Hashable {
    /// What the text around the names is.
    package enum Place: Sendable, Hashable {
        /// Plain: values go in as they are.
        case text
        /// Values go in as the inside of a JSON string.
        case jsonString
        /// Values go in percent-encoded, so that they stay one part of a path or one value of a query.
        case url
    }

    /// As it was written.
    package let text: String
    package let place: Place
    /// Of the template, for errors.
    private let pointer: String
    private let parts: [Part]

    /// The most bytes of a template, and of what comes out of one.
    package static let maximumLength = 256 << 10
    package static let maximumOutput = 1 << 20

    private enum Part: Sendable, Hashable {
        case literal(String)
        case name(TemplateName)
    }

    /// - Parameter pointer: where in the trigger the template stands (JSON pointer), for errors.
    /// - Throws: for names that there are not, and braces that do not close.
    package init(_ text: String, in place: Place, pointer: String) throws(DeploymentError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw DeploymentError(.invalid, "the template has more than \(Self.maximumLength) bytes", pointer: pointer)
        }
        self.text = text
        self.place = place
        self.pointer = pointer
        do {
            parts = try Self.parse(text[...])
        } catch {
            throw DeploymentError(.invalid, pointer.isEmpty ? error.reason : "\"\(pointer.dropFirst())\": \(error.reason)", pointer: pointer)
        }
    }

    /// Whether it has no name in it.
    package var isConstant: Bool {
        !parts.contains { if case .name = $0 { true } else { false } }
    }

    /// What stands in it whatever it is filled with.
    package var literal: String {
        parts.reduce(into: "") { if case .literal(let text) = $1 { $0 += text } }
    }

    private static func parse(_ text: Substring) throws(TemplateName.Invalid) -> [Part] {
        var parts: [Part] = []
        var literal = ""
        var rest = text
        while let open = rest.firstRange(of: "{{") {
            literal += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            if rest.hasPrefix("{{") {
                literal += "{{"
                rest = rest.dropFirst(2)
                continue
            }
            guard let close = rest.firstRange(of: "}}") else {
                let place = rest.utf8.distance(from: text.utf8.startIndex, to: open.lowerBound)
                throw .init(reason: "the braces at byte \(place) of the template do not close; {{{{ stands for two braces")
            }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            parts.append(.name(try TemplateName(rest[..<close.lowerBound])))
            rest = rest[close.upperBound...]
        }
        literal += rest
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return parts
    }

    /// - Throws: where a value is missing (a push by digest has no tag; the event has no such path) and where the text gets too long.
    package func rendered(_ values: TemplateValues) throws(DeploymentError) -> String {
        var output = ""
        for part in parts {
            switch part {
            case .literal(let text): output += text
            case .name(let name):
                guard let value = name.value(in: values) else {
                    throw DeploymentError(.invalid, "{{\(name)}} has no value in this deployment", pointer: pointer)
                }
                output += place.escaped(value)
            }
            guard output.utf8.count <= Self.maximumOutput else {
                throw DeploymentError(.invalid, "the filled-in template has more than \(Self.maximumOutput) bytes", pointer: pointer)
            }
        }
        return output
    }
}

extension Template.Place {
    func escaped(_ value: String) -> String {
        switch self {
        case .text: return value
        case .jsonString:
            var bytes: [UInt8] = []
            JSONText.append(value, to: &bytes)
            return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
        case .url: return PercentEncoding.encode(value)
        }
    }
}

import Foundation
import JSON
import Testing

/// Compares what we send with what others are known to send: keys, their order, kinds and nesting; not the values.
enum Shapes {
    /// What differs, each with its place. Of arrays the first elements are compared.
    /// - Parameter unknown: keys that this registry cannot know and leaves out.
    static func differences(
        _ ours: JSONValue?, _ theirs: JSONValue?, unknown: Set<String> = [], extra: Set<String> = [], at path: String = ""
    ) -> [String] {
        guard let ours, let theirs else { return ["\(path) is missing"] }
        switch (ours, theirs) {
        case (.object(let mine), .object(let other)):
            let keys = mine.members.map(\.key).filter { !extra.contains($0) }
            let expected = other.members.map(\.key).filter { !unknown.contains($0) }
            if Set(keys) != Set(expected) {
                return ["\(path) has \(keys.sorted()) and not \(expected.sorted())"]
            }
            return keys.flatMap { differences(mine[$0], other[$0], unknown: unknown, extra: extra, at: "\(path)/\($0)") }
        case (.array(let mine), .array(let other)):
            if mine.isEmpty != other.isEmpty { return ["\(path) has \(mine.count) and not \(other.count) elements"] }
            return mine.isEmpty ? [] : differences(mine[0], other[0], unknown: unknown, extra: extra, at: path + "/0")
        default:
            return ours.kind == theirs.kind ? [] : ["\(path) is \(ours.kind) and not \(theirs.kind)"]
        }
    }

    /// All keys in the order in which they stand, depth first.
    static func order(_ value: JSONValue) -> [String] {
        switch value {
        case .object(let object): object.members.flatMap { [$0.key] + order($0.value) }
        case .array(let elements): elements.first.map(order) ?? []
        default: []
        }
    }

    /// Whether no number has a fraction or an exponent: many receivers read times into whole numbers.
    static func hasWholeNumbersOnly(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let number): number.int != nil
        case .array(let elements): elements.allSatisfy(hasWholeNumbersOnly)
        case .object(let object): object.members.allSatisfy { hasWholeNumbersOnly($0.value) }
        default: true
        }
    }
}

/// Recorded payloads of other registries, where they are at hand: `shared/fixtures` beside the project.
enum Recorded {
    static let folder: String? = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path.count > 1 {
            folder = folder.deletingLastPathComponent()
            let candidate = folder.appending(path: "shared/fixtures/payloads").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
        }
        return nil
    }()

    static func payload(_ name: String) throws -> JSONValue {
        try JSONValue.parse(Array(try Data(contentsOf: URL(filePath: try #require(folder) + "/" + name))))
    }
}

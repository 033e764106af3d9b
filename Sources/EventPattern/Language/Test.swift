/// What one leaf of an event can be asked. Each kind of JSON value is its own world: the string "1" is not the number 1.
enum Test: Hashable, Sendable {
    /// The string with exactly these bytes, escapes decoded.
    case string([UInt8])
    case number(DecimalKey)
    case literal(Literal)
    /// A string of a shape: `prefix`, `suffix`, `wildcard`, `equals-ignore-case` and their combinations.
    case glob(Glob)
    /// A string that is an address in a network.
    case network(Network)
    case range(NumericRange)
    /// Any leaf: `exists: true`.
    case present
}

/// The three words of JSON, numbered so that a table can be indexed by them.
enum Literal: Int, Hashable, Sendable, CaseIterable {
    case null, no, yes
}

/// The array that stands behind one field of a pattern: the field satisfies it when one of its leaves passes one of
/// `tests`, or avoids a whole list of `excluded`, or when it has no leaf and `absent` is set.
struct Constraint: Hashable, Sendable {
    var tests: [Test] = []
    /// Each inner list is one `anything-but`.
    var excluded: [[Test]] = []
    /// `exists: false`.
    var absent = false
}

/// A field by its path. Keys are split at dots, in patterns as in events, so that `{"a.b": ...}` and `{"a": {"b": ...}}`
/// name the same field.
typealias FieldPath = [[UInt8]]

struct FieldConstraint: Hashable, Sendable {
    let path: FieldPath
    var constraint: Constraint
}

/// All of these fields must be satisfied. A pattern is one alternative, or several through `$or`.
typealias Alternative = [FieldConstraint]

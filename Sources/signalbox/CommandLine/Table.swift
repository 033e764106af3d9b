import Glibc

/// Rows in columns for people: as wide as the longest text of each, two spaces between them.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: String...) {
        self.headings = headings
    }

    init(headings: [String], rows: [[String]]) {
        self.headings = headings
        self.rows = rows.map { $0.map(Self.printable) }
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Texts for the columns from the left; what came from others may hold anything.
    mutating func add(_ cells: String...) {
        rows.append(cells.map(Self.printable))
    }

    /// With a line of headings. Lines end with their last text, so that nothing is padded in vain.
    var text: String {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0 }
        return all.map { Self.line($0, widths) }.joined()
    }

    /// One row in columns of given widths, for rows that come one after the other; longer texts push the rest to the right.
    static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            line += cell
            guard column < cells.count - 1 else { break }
            let width = widths.indices.contains(column) ? widths[column] : 0
            line += String(repeating: " ", count: max(0, width - cell.count) + 2)
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    /// Names and values, one pair a line; a value of several lines is indented.
    static func pairs(_ pairs: [(name: String, value: String?)]) -> String {
        let present = pairs.compactMap { pair in pair.value.map { (pair.name, $0) } }
        let width = present.map { $0.0.count }.max() ?? 0
        return present.map { name, value in line([name, printable(value)], [width]) }.joined()
    }

    /// Control characters would let whoever wrote the text steer the terminal.
    static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map(printable)))
    }

    static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: "\u{FFFD}"
        default: scalar
        }
    }
}

/// What others wrote, made harmless for a terminal: lines and tabs stay, and a sign stands for each other control character, so that
/// nothing can move the cursor, set titles, type answers, or hide what comes before it.
enum PlainText {
    static func of(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var followsReturn = false
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n" where followsReturn: break
            // A bar of progress writes over its line: here each state of it is a line.
            case "\r", "\n": text.append("\n")
            case "\t": text.append(scalar)
            default: text.append(Table.printable(scalar))
            }
            followsReturn = scalar == "\r"
        }
        return String(text)
    }
}

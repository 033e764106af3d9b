import Foundation
import TestSupport

/// `tag-moves DATA COUNT` makes the log of a stopped hub longer: what a year of pushes leaves, in a minute.
@main
enum Main {
    static func main() throws {
        guard CommandLine.arguments.count == 3, let count = Int(CommandLine.arguments[2]), count > 0 else {
            FileHandle.standardError.write(Data("usage: tag-moves DATA COUNT\n".utf8))
            exit(2)
        }
        try TagMoves.append(count, toLogIn: CommandLine.arguments[1] + "/log")
    }
}

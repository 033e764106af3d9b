import Foundation

/// A value that threads share and wait on.
///
/// `@unchecked Sendable`: `value` is only touched while `condition` is locked.
final class Monitor<Value>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
    }

    /// Reads or changes the value, and wakes everyone who waits.
    @discardableResult
    func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&value)
    }

    /// Waits until `body` returns something.
    ///
    /// The time limit only bounds how long a broken hub can hold up the run; no test measures with it.
    func wait<Result>(for what: String, seconds: Double = 240, until body: (inout Value) throws -> Result?) throws -> Result {
        let limit = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = try body(&value) { return result }
            guard condition.wait(until: limit) else {
                if let result = try body(&value) { return result }
                throw Failure("waited \(Int(seconds)) s for \(what)")
            }
        }
    }
}

/// What went wrong with the test's own machinery.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs a program over a text, all threads in step (Pike's machine): each place of the program has at most one thread, the one that
/// is preferred, so one byte of the text costs at most the length of the program.
struct Machine {
    private let program: Program
    private let text: [UInt8]
    /// Places still to be followed. Each place is followed once for a byte, so it is never deeper than twice the program.
    private var stack: [Frame] = []

    private enum Frame {
        case follow(Int)
        /// What was saved comes back when all that followed on it is done.
        case restore(slot: Int, value: Int)
    }

    /// The threads that have got as far as one place in the text.
    private struct Threads {
        /// Places of the program that take a byte or are the end, in order of preference.
        var places: [Int] = []
        /// For each place of the program the last place in the text for which it was reached.
        var reached: [Int]
        /// What the thread at a place has saved.
        var saved: [[Int]]

        init(count: Int) {
            reached = Array(repeating: -1, count: count)
            saved = Array(repeating: [], count: count)
        }
    }

    /// The groups of the first match, nil where there is none.
    static func run(_ program: Program, on text: [UInt8]) -> [Range<Int>?]? {
        var machine = Machine(program: program, text: text)
        guard let saved = machine.run() else { return nil }
        return (0..<program.groupCount).map { group in
            let (start, end) = (saved[2 * group], saved[2 * group + 1])
            return start >= 0 && end >= start ? start..<end : nil
        }
    }

    private mutating func run() -> [Int]? {
        var matched: [Int]?
        var current = Threads(count: program.instructions.count)
        var next = Threads(count: program.instructions.count)
        let nothing = Array(repeating: -1, count: 2 * program.groupCount)
        for position in 0...text.count {
            // A match that begins earlier wins, so nothing begins any more once there is one.
            if matched == nil { follow(0, nothing, at: position, into: &current) }
            next.places.removeAll(keepingCapacity: true)
            for place in current.places {
                if case .byte(let set) = program.instructions[place] {
                    guard position < text.count, program.sets[set].contains(text[position]) else { continue }
                    follow(place + 1, current.saved[place], at: position + 1, into: &next)
                } else {
                    matched = current.saved[place]
                    break  // those after it are less preferred
                }
            }
            swap(&current, &next)
            if current.places.isEmpty, matched != nil { return matched }
        }
        return matched
    }

    /// Adds a place, or all those that are reached from it without taking a byte.
    private mutating func follow(_ start: Int, _ saved: [Int], at position: Int, into threads: inout Threads) {
        var saved = saved
        stack.append(.follow(start))
        while let frame = stack.popLast() {
            switch frame {
            case .restore(let slot, let value): saved[slot] = value
            case .follow(let place):
                guard threads.reached[place] != position else { continue }
                threads.reached[place] = position
                switch program.instructions[place] {
                case .jump(let target): stack.append(.follow(target))
                case .split(let first, let second):
                    stack.append(.follow(second))
                    stack.append(.follow(first))
                case .save(let slot):
                    stack.append(.restore(slot: slot, value: saved[slot]))
                    saved[slot] = position
                    stack.append(.follow(place + 1))
                case .assert(let kind):
                    if holds(kind, at: position) { stack.append(.follow(place + 1)) }
                case .byte, .match:
                    threads.places.append(place)
                    threads.saved[place] = saved
                }
            }
        }
    }

    private func holds(_ assertion: ExpressionNode.Assertion, at position: Int) -> Bool {
        switch assertion {
        case .textStart: position == 0
        case .textEnd: position == text.count
        case .lineStart: position == 0 || text[position - 1] == 0x0A
        case .lineEnd: position == text.count || text[position] == 0x0A
        case .wordBoundary: isWordBoundary(position)
        case .noWordBoundary: !isWordBoundary(position)
        }
    }

    private func isWordBoundary(_ position: Int) -> Bool {
        let before = position > 0 && ByteSet.word.contains(text[position - 1])
        let after = position < text.count && ByteSet.word.contains(text[position])
        return before != after
    }
}

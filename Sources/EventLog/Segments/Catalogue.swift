import IO
import Synchronization

/// Which segments there are and how far they may be read. The writer's thread changes it, any thread reads it.
final class Catalogue: Sendable {
    /// The segment that is appended to, as far as it is durable.
    struct Active: Sendable {
        let file: File
        let salt: UInt32
        var index: SparseIndex
    }

    private struct State {
        /// First sequences of the sealed segments, ascending.
        var sealed: [UInt64]
        var active: Active
        /// Opened segments, the last used ones at the end.
        var opened: [Segment] = []
    }

    private static let openedLimit = 32

    let directory: String
    // A Mutex: held for a binary search or an append to the index, never during a read or write of a file.
    private let state: Mutex<State>

    init(directory: String, sealed: [UInt64], active: Active) {
        self.directory = directory
        state = Mutex(State(sealed: sealed, active: active))
    }

    /// The last durable sequence, 0 while there is none.
    var last: UInt64 { state.withLock { $0.active.index.last } }

    /// The oldest sequence that is still kept (or comes first, in an empty log).
    var oldest: UInt64 { state.withLock { $0.sealed.first ?? $0.active.index.first } }

    /// First sequences of the sealed segments, ascending.
    var sealedFirsts: [UInt64] { state.withLock { $0.sealed } }

    /// How far the segment that is appended to may be read.
    var activeBytes: Int { state.withLock { $0.active.index.end } }

    /// Records with these headers are on disk.
    func publish(_ headers: [FrameHeader]) {
        state.withLock { state in
            for header in headers { state.active.index.append(header) }
        }
    }

    /// The active segment is full and another takes its place. Answers the full one's index.
    func seal(next active: Active) -> SparseIndex {
        state.withLock { state in
            let old = state.active
            state.sealed.append(old.index.first)
            Self.remember(Segment(file: old.file, salt: old.salt, index: old.index), in: &state.opened)
            state.active = active
            return old.index
        }
    }

    /// A part of a segment that may be read: from a record at or before the wanted one to the end of what is durable.
    struct Extent {
        let file: File
        let salt: UInt32
        /// The segment's first sequence.
        let first: UInt64
        let start: (sequence: UInt64, offset: Int)
        let last: UInt64
        let end: Int
    }

    /// Where to start reading for `sequence`; nil when it is not durable yet or no longer kept.
    func locate(_ sequence: UInt64) throws(LogError) -> Extent? {
        enum Place { case extent(Extent?), sealed(UInt64) }
        let place: Place = state.withLock { state in
            let active = state.active
            if sequence >= active.index.first {
                return .extent(Self.extent(active.file, active.salt, active.index, sequence))
            }
            guard let first = Self.segment(holding: sequence, of: state.sealed) else { return .extent(nil) }
            guard let slot = state.opened.firstIndex(where: { $0.index.first == first }) else { return .sealed(first) }
            let segment = state.opened.remove(at: slot)
            state.opened.append(segment)
            return .extent(Self.extent(segment.file, segment.salt, segment.index, sequence))
        }
        switch place {
        case .extent(let extent): return extent
        case .sealed(let first):
            let segment = try Segment.open(directory, first: first)
            state.withLock { Self.remember(segment, in: &$0.opened) }
            return Self.extent(segment.file, segment.salt, segment.index, sequence)
        }
    }

    /// One segment as it is now, as far as it is durable.
    struct View: Sendable {
        let file: File
        let salt: UInt32
        let index: SparseIndex
        let isSealed: Bool
    }

    /// The segment that holds `sequence`; nil when that is not durable yet or no longer kept.
    func view(holding sequence: UInt64) throws(LogError) -> View? {
        enum Place { case view(View?), sealed(UInt64) }
        let place: Place = state.withLock { state in
            let active = state.active
            if sequence >= active.index.first {
                guard sequence <= active.index.last else { return .view(nil) }
                return .view(View(file: active.file, salt: active.salt, index: active.index, isSealed: false))
            }
            guard let first = Self.segment(holding: sequence, of: state.sealed) else { return .view(nil) }
            guard let slot = state.opened.firstIndex(where: { $0.index.first == first }) else { return .sealed(first) }
            let segment = state.opened.remove(at: slot)
            state.opened.append(segment)
            return .view(View(file: segment.file, salt: segment.salt, index: segment.index, isSealed: true))
        }
        switch place {
        case .view(let view): return view
        case .sealed(let first):
            let segment = try Segment.open(directory, first: first)
            state.withLock { Self.remember(segment, in: &$0.opened) }
            return View(file: segment.file, salt: segment.salt, index: segment.index, isSealed: true)
        }
    }

    /// The first and last sequence of the sealed segment that holds `sequence`; nil when none does.
    func sealedRange(holding sequence: UInt64) -> ClosedRange<UInt64>? {
        state.withLock { state in
            guard sequence < state.active.index.first, let first = Self.segment(holding: sequence, of: state.sealed) else { return nil }
            let next = state.sealed.partition(after: first).map { state.sealed[$0] } ?? state.active.index.first
            return first...next - 1
        }
    }

    /// First sequences of the sealed segments, ascending, and that of the one that is appended to.
    var firsts: (sealed: [UInt64], active: UInt64) {
        state.withLock { ($0.sealed, $0.active.index.first) }
    }

    /// Takes sealed segments off the front for as long as `isOver` says so of them; answers their first sequences.
    func removeOldest(while isOver: (Segment) -> Bool) throws(LogError) -> [UInt64] {
        var removed: [UInt64] = []
        while let first = state.withLock({ $0.sealed.first }) {
            let segment = try Segment.open(directory, first: first)
            guard isOver(segment) else { break }
            state.withLock { state in
                state.sealed.removeFirst()
                state.opened.removeAll { $0.index.first == first }
            }
            removed.append(first)
        }
        return removed
    }

    private static func extent(_ file: File, _ salt: UInt32, _ index: SparseIndex, _ sequence: UInt64) -> Extent? {
        guard let start = index.position(atOrBefore: sequence) else { return nil }
        return Extent(file: file, salt: salt, first: index.first, start: start, last: index.last, end: index.end)
    }

    private static func segment(holding sequence: UInt64, of sealed: [UInt64]) -> UInt64? {
        var low = 0
        var high = sealed.count
        while low < high {
            let middle = (low + high) / 2
            if sealed[middle] <= sequence { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : sealed[low - 1]
    }

    private static func remember(_ segment: Segment, in opened: inout [Segment]) {
        opened.removeAll { $0.index.first == segment.index.first }
        opened.append(segment)
        if opened.count > openedLimit { opened.removeFirst() }
    }
}

extension [UInt64] {
    /// Where the first element of a sorted array is that is greater than `value`.
    fileprivate func partition(after value: UInt64) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low < count ? low : nil
    }
}

import Crypto
import Synchronization

/// A UUID of version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then randomness that counts upwards within
/// a millisecond, so that ids of one process are unique, ordered and not to be guessed.
package struct EventID: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func < (left: EventID, right: EventID) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    /// An id greater than every one this process has handed out.
    package static func next(now milliseconds: Int64) -> EventID {
        generator.withLock { $0.next(milliseconds) }
    }

    /// Shared by all who make events; the critical section is a few instructions.
    private static let generator = Mutex(Generator())

    struct Generator {
        private var random = BufferedRandom()
        private var time: UInt64 = 0
        /// 12 bits of `rand_a` and 62 of `rand_b` as one counter, of which the start is random in every millisecond.
        private var a: UInt64 = 0
        private var b: UInt64 = 0

        mutating func next(_ milliseconds: Int64) -> EventID {
            let now = UInt64(clamping: milliseconds) & 0xFFFF_FFFF_FFFF
            if now > time {
                time = now
                // The top bit is left clear: room to count up.
                a = random.next() & 0x7FF
                b = random.next() & Self.maskB
            } else {
                advance(by: 1 + random.next() & 0xFFFF_FFFF)
            }
            return EventID(high: time << 16 | 0x7000 | a, low: 0x8000_0000_0000_0000 | b)
        }

        private mutating func advance(by step: UInt64) {
            b &+= step
            guard b > Self.maskB else { return }
            b &= Self.maskB
            a &+= 1
            guard a > 0xFFF else { return }
            a = 0
            time &+= 1
        }

        private static let maskB: UInt64 = 0x3FFF_FFFF_FFFF_FFFF
    }
}

/// Random words of libcrypto's, fetched many at once: the system's generator is a system call for each.
private struct BufferedRandom: RandomNumberGenerator {
    private var words: [UInt64] = []

    mutating func next() -> UInt64 {
        if let word = words.popLast() { return word }
        var system = SystemRandomNumberGenerator()
        // Where libcrypto has none to give, the system has.
        guard let bytes = try? SecureRandom.bytes(2048) else { return system.next() }
        words = stride(from: 0, to: bytes.count, by: 8).map { start in bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        return words.popLast() ?? system.next()
    }
}

extension EventID: LosslessStringConvertible {
    /// `xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx`, lower case.
    package var description: String {
        String(decoding: [UInt8](capacity: Self.textCount) { out in append(to: &out) }, as: UTF8.self)
    }

    /// In bytes.
    package static let textCount = 36

    /// Appends what `description` is.
    package func append(to out: inout OutputSpan<UInt8>) {
        let digits = InlineArray<32, UInt8> { digits in
            Hex.append(high, to: &digits)
            Hex.append(low, to: &digits)
        }
        for index in digits.indices {
            if index == 8 || index == 12 || index == 16 || index == 20 { out.append(UInt8(ascii: "-")) }
            out.append(digits[index])
        }
    }

    /// Reads what `description` writes and nothing else.
    package init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        var digits: [UInt8] = []
        for (position, byte) in text.utf8.enumerated() {
            if [8, 13, 18, 23].contains(position) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                digits.append(byte)
            }
        }
        guard let high = Hex.word(digits.span.extracting(first: 16)), let low = Hex.word(digits.span.extracting(last: 16)) else { return nil }
        guard high >> 12 & 15 == 7, low >> 62 == 2 else { return nil }
        self.init(high: high, low: low)
    }
}

/// What a field of an event can be where a pattern matches it.
extension Pattern {
    package enum Value: Sendable, Hashable {
        /// Exactly this text.
        case text(String)
        /// A text that begins so.
        case beginning(String)
        /// An IPv4 or IPv6 address by its bytes, 4 or 16 of them, in any way of writing it.
        case address([UInt8])
    }

    /// All values of a field that an event can have which the pattern matches; nil where others are possible too, or none is needed.
    package func values(of path: String) -> Set<Value>? {
        let path = path.split(separator: ".").map { Array($0.utf8) }
        var values: Set<Value> = []
        for alternative in alternatives {
            guard let constraint = alternative.first(where: { $0.path == path })?.constraint, !constraint.absent,
                constraint.excluded.isEmpty
            else { return nil }
            for test in constraint.tests {
                guard let value = Value(test) else { return nil }
                values.insert(value)
            }
        }
        return values
    }
}

extension Pattern.Value {
    fileprivate init?(_ test: Test) {
        switch test {
        case .string(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .glob(let glob):
            if let literal = glob.literal {
                self = .text(String(decoding: literal, as: UTF8.self))
            } else {
                self = .beginning(String(decoding: glob.beginning, as: UTF8.self))
            }
        case .network(let network):
            guard let address = network.onlyAddress else { return nil }
            self = .address(address)
        case .number, .literal, .range, .present: return nil
        }
    }
}

extension Glob {
    /// The bytes in front of the first step that leaves a choice.
    fileprivate var beginning: [UInt8] {
        var bytes: [UInt8] = []
        for step in steps {
            guard case .byte(let byte) = step else { break }
            bytes.append(byte)
        }
        return bytes
    }
}

extension Network {
    /// The bytes of the address, where there is but one in it.
    fileprivate var onlyAddress: [UInt8]? {
        let width = isV6 ? 128 : 32
        guard length == width else { return nil }
        return stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt128($0)) }
    }
}

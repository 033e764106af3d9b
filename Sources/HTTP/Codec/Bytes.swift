extension Array where Element == UInt8 {
    init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    mutating func append(copying span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension OutputSpan<UInt8> {
    mutating func append(copying span: Span<UInt8>) {
        precondition(span.count <= freeCapacity, "more bytes than there is room for")
        unsafe span.withUnsafeBytes { source in
            unsafe withUnsafeMutableBufferPointer { target, count in
                // The room was looked at above, and what was just asked for is nobody else's.
                unsafe UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: target[count...])).copyMemory(from: source)
                count += source.count
            }
        }
    }
}

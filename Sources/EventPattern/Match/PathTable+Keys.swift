extension PathTable {
    /// The node below `node` for a key of an event. A key with dots is that many steps.
    @inline(__always)
    func child(of node: Int, _ text: Span<UInt8>, _ key: Range<Int>) -> Int? {
        if let child = children.find(UInt32(truncatingIfNeeded: node), text, key) { return Int(child) }
        return hasDot(text, key) ? steps(from: node, text, key) : nil
    }

    private func hasDot(_ text: Span<UInt8>, _ key: Range<Int>) -> Bool {
        for index in key where text[index] == UInt8(ascii: ".") { return true }
        return false
    }

    private func steps(from node: Int, _ text: Span<UInt8>, _ key: Range<Int>) -> Int? {
        var node = node
        var start = key.lowerBound
        for index in key.lowerBound...key.upperBound where index == key.upperBound || text[index] == UInt8(ascii: ".") {
            guard let child = children.find(UInt32(truncatingIfNeeded: node), text, start..<index) else { return nil }
            node = Int(child)
            start = index + 1
        }
        return node
    }
}

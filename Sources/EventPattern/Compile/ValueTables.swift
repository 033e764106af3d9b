/// Sorts atoms into the tables that find them.
struct ValueTables {
    private(set) var fields: [Automaton.Field]
    private(set) var values = KeyTable()
    private(set) var globs: GlobAutomaton
    private(set) var ranges: [RangeIndex] = []
    private(set) var networks: [NetworkIndex] = []

    init(_ atoms: [Atom], fieldCount: Int) {
        fields = Array(repeating: Automaton.Field(), count: fieldCount)
        globs = GlobAutomaton(fields: fieldCount)
        var rangesOfField: [Int: [(NumericRange, UInt32)]] = [:]
        var networksOfField: [Int: [(Network, UInt32)]] = [:]
        for (index, atom) in atoms.enumerated() {
            let number = UInt32(index)
            switch atom.test {
            case .string(let text): addString(text, atom.field, number)
            case .number(let key):
                _ = values.insert(UInt32(atom.field * 2 + 1), key.bytes, number)
                fields[atom.field].hasNumbers = true
            case .literal(let literal): fields[atom.field].literals[literal.rawValue] = Int32(index)
            case .glob(let glob):
                globs.insert(glob, field: atom.field, atom: number)
                fields[atom.field].hasGlobs = true
            case .range(let range): rangesOfField[atom.field, default: []].append((range, number))
            case .network(let network): networksOfField[atom.field, default: []].append((network, number))
            case .present: break
            }
        }
        globs.finish()
        for (field, list) in rangesOfField {
            fields[field].ranges = Int32(ranges.count)
            ranges.append(RangeIndex(list))
        }
        for (field, list) in networksOfField {
            fields[field].networks = Int32(networks.count)
            networks.append(NetworkIndex(list))
        }
    }

    private mutating func addString(_ text: [UInt8], _ field: Int, _ atom: UInt32) {
        _ = values.insert(UInt32(field * 2), text, atom)
        fields[field].hasStrings = true
    }
}

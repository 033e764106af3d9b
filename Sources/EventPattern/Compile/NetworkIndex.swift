/// Which of many networks contain an address: one look for each length of prefix in use.
struct NetworkIndex: Sendable {
    private var atoms: [Network: UInt32] = [:]
    private var lengths4: [Int] = []
    private var lengths6: [Int] = []

    init(_ networks: [(Network, UInt32)]) {
        for (network, atom) in networks { atoms[network] = atom }
        lengths4 = Set(networks.filter { !$0.0.isV6 }.map(\.0.length)).sorted()
        lengths6 = Set(networks.filter { $0.0.isV6 }.map(\.0.length)).sorted()
    }

    func forEachContaining(_ address: Address, _ body: (UInt32) -> Void) {
        for length in address.isV6 ? lengths6 : lengths4 {
            if let atom = atoms[Network(address, length: length)] { body(atom) }
        }
    }
}

package import OCI

/// Part of a list that is in order.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// There is more after the last of them.
    package let hasMore: Bool
}

extension Registry {
    /// The tags after `last` (any text: it need not be a tag that is there) in byte order.
    package func tags(
        in name: RepositoryName, after last: String?, limit: Int
    ) throws(RegistryError) -> Page<Tag> {
        guard let repository = ledger.durable.repositories[name] else { throw .unknown(name) }
        return Self.page(of: repository.tags, after: last, limit: limit, text: \.text)
    }

    /// The repositories after `last` in byte order.
    package func catalog(after last: String?, limit: Int) -> Page<RepositoryName> {
        Self.page(of: ledger.durable.repositories, after: last, limit: limit, text: \.text)
    }

    private static func page<Key, Value>(
        of map: SortedMap<Key, Value>, after last: String?, limit: Int, text: (Key) -> String
    ) -> Page<Key> {
        var items: [Key] = []
        var hasMore = false
        let reaches: (Key) -> Bool = { key in last.map { $0 < text(key) } ?? true }
        map.visit(from: reaches) { key, _ in
            guard items.count < limit else {
                hasMore = limit > 0
                return false
            }
            items.append(key)
            return true
        }
        return Page(items: items, hasMore: hasMore)
    }
}

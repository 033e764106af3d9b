/// One `name=value` of a query, decoded. A name without an equals sign has an empty value.
package struct QueryItem: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension RequestHead {
    /// The items of the query in order, repeated names and all. `+` is a space, as every client's form encoder has it.
    package var queryItems: [QueryItem] {
        var items: [QueryItem] = []
        forEachQueryItem { name, value in
            items.append(QueryItem(name: Self.decoded(name), value: Self.decoded(value)))
        }
        return items
    }

    /// The first value of that name.
    package func queryValue(_ name: String) -> String? {
        queryValues(name).first
    }

    /// Every value of that name, in order.
    package func queryValues(_ name: String) -> [String] {
        var values: [String] = []
        forEachQueryItem { candidate, value in
            if Self.decoded(candidate) == name { values.append(Self.decoded(value)) }
        }
        return values
    }

    private func forEachQueryItem(_ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Void) {
        guard let query = rawQuery else { return }
        for item in query.split(separator: UInt8(ascii: "&")) {
            if let equals = item.firstIndex(of: UInt8(ascii: "=")) {
                body(item[..<equals], item[(equals + 1)...])
            } else {
                body(item, [])
            }
        }
    }

    /// The parser has checked that the query decodes.
    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        PercentEncoding.decode(bytes, plusIsSpace: true) ?? ""
    }
}

/// The Link field (RFC 8288) of an answer that has a next page.
package enum LinkHeader {
    /// `</v2/_catalog?n=5&last=a%2Fb>; rel="next"`. `path` is encoded already, the items are encoded here.
    package static func next(path: String, query: KeyValuePairs<String, String>) -> String {
        let items = query.map { name, value in PercentEncoding.encode(name) + "=" + PercentEncoding.encode(value) }
        let target = items.isEmpty ? path : path + "?" + items.joined(separator: "&")
        return "<" + target + ">; rel=\"next\""
    }
}

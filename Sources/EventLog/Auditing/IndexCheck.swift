import IO

/// Holds the indexes beside a log's segments to the records in them: an index that leaves a record out hides it from queries.
package struct IndexCheck {
    private let directory: String
    private let schema: UInt32
    private let terms: TermIndexes.Terms
    private var table = TermTable(first: 0)
    private var sparse = SparseIndex(first: 0)
    private var found: [UInt64] = []
    /// Indexes that say something else than the records, by path.
    package private(set) var wrong: [String] = []
    /// Those that a start or the next query finds unusable and makes again.
    package private(set) var unusable: [String] = []

    /// - Parameters:
    ///   - directory: the log's folder.
    ///   - schema: of the terms, as the indexes were made with it.
    package init(directory: String, schema: UInt32, terms: @escaping TermIndexes.Terms) {
        self.directory = directory
        self.schema = schema
        self.terms = terms
    }

    /// Takes the log's records in order.
    package mutating func take(_ record: Record, _ place: LogWalk.Place) throws {
        if place.offset == SegmentHeader.size {
            try endSegment()
            table = TermTable(first: place.sequence)
            sparse = SparseIndex(first: place.sequence)
        }
        sparse.append(at: place.offset, to: place.end, time: record.time)
        found.removeAll(keepingCapacity: true)
        if record.kind != .lost { terms(record.body.span, &found) }
        table.append(found, time: record.time)
    }

    /// After the last record.
    package mutating func end(_ walk: LogWalk) throws {
        // Of a segment that could not be read to its end, the indexes say more.
        if walk.fault == nil { try endSegment() }
    }

    private mutating func endSegment() throws {
        guard sparse.count > 0 else { return }
        defer { sparse = SparseIndex(first: 0) }
        let paths = (sparse: SegmentName.indexPath(directory, sparse.first), terms: SegmentName.termsPath(directory, sparse.first))
        if try Files.exists(paths.sparse) {
            let index = SparseIndex.load(directory, first: sparse.first)
            if index == nil { unusable.append(paths.sparse) } else if index != sparse { wrong.append(paths.sparse) }
        }
        if try Files.exists(paths.terms) {
            // One of another schema, or of another state of the segment, nobody uses.
            guard TermFile.open(paths.terms, schema: schema, for: sparse) != nil else { return unusable.append(paths.terms) }
            let expected = TermFile.encode(table, schema: schema, end: sparse.end)
            let isSame = try Files.info(paths.terms)?.size == expected.count && Files.read(paths.terms, limit: expected.count) == expected
            if !isSame { wrong.append(paths.terms) }
        }
    }
}

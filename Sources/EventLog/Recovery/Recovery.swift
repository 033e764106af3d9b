import IO

/// Brings a log's folder to a state that can be appended to, and replays it. Runs once, on the caller's thread, before the log has a writer.
struct Recovery {
    let options: EventLog.Options
    let replayAfter: UInt64
    let replay: (Record) throws -> Void

    /// What the writer goes on with.
    struct Result {
        let active: ActiveSegment
        let catalogue: Catalogue
    }

    func run() throws(LogError) -> Result {
        let forgotten = try ForgottenMark.first(options.directory)
        let firsts = try files { () throws(IOError) in try prepareFolder(forgotten) }
        guard let last = firsts.last, let oldest = firsts.first else { return try startEmpty() }
        if oldest > forgotten, !options.mayForgetOldest { throw missing(forgotten, oldest - 1) }
        if oldest > replayAfter &+ 1, !options.mayForgetOldest { throw missing(replayAfter &+ 1, oldest - 1) }
        let (file, header) = try Segment.openFile(options.directory, first: last, [.read, .write])
        let mark = try files { () throws(IOError) in try ClosedMark.read(options.directory) }
        let tail = try Tail(file, header, floor: max(last - 1, mark, options.knownDurable))
        if replayAfter > tail.index.last { throw behind(tail.index.last) }
        try files { () throws(IOError) in try makeDurable(file, tail) }

        let sealed = Array(firsts.dropLast())
        try replaySealed(sealed, before: last)
        _ = try Segment.scan(file, header, end: tail.index.end) { (frame, scanner) throws(LogError) in
            try replay(frame, scanner)
        }
        let catalogue = Catalogue(
            directory: options.directory, sealed: sealed,
            active: Catalogue.Active(file: file, salt: header.salt, index: tail.index))
        let size = try files { () throws(IOError) in try file.size() }
        return Result(
            active: ActiveSegment(file: file, header: header, end: tail.index.end, zeroedEnd: size), catalogue: catalogue)
    }

    /// Makes the folder and removes what an interrupted step left behind. Answers the segments' first sequences.
    private func prepareFolder(_ forgotten: UInt64) throws(IOError) -> [UInt64] {
        try Files.makeDirectories(options.directory)
        for name in try Files.list(options.directory) where name.hasSuffix(".tmp") {
            try Files.unlinkIfPresent(options.directory + "/" + name)
        }
        return try ForgottenMark.finish(options.directory, SegmentName.list(options.directory), first: forgotten)
    }

    private func startEmpty() throws(LogError) -> Result {
        let mark = try files { () throws(IOError) in try ClosedMark.read(options.directory) }
        if max(replayAfter, mark, options.knownDurable) > 0 { throw behind(0) }
        let header = SegmentHeader(salt: .random(in: 1...(.max)), first: 1)
        let active = try files { () throws(IOError) in
            try ActiveSegment.create(options, header)
        }
        let catalogue = Catalogue(
            directory: options.directory, sealed: [],
            active: Catalogue.Active(file: active.file, salt: header.salt, index: SparseIndex(first: 1)))
        return Result(active: active, catalogue: catalogue)
    }

    /// What stays is on disk and what does not is gone when this returns.
    private func makeDurable(_ file: File, _ tail: Tail) throws(IOError) {
        if let torn = tail.torn {
            Diagnostics.warning(
                "cut off the torn end of \(file.path) at byte \(tail.index.end): \(torn.bytes) bytes from record "
                    + "\(tail.index.last &+ 1) on, written last and never known to be on disk (\(torn.why))")
            // Truncating, and not only going on from here: intact frames further behind must not come alive when the gap before them is filled.
            try file.truncate(to: tail.index.end)
        }
        // After a sync that failed, the kernel may show bytes as written that it has dropped. Writing them again makes them real.
        if let start = tail.index.position(atOrBefore: max(tail.claimed &+ 1, tail.index.first)) {
            var offset = start.offset
            while offset < tail.index.end {
                let bytes = try file.read(count: min(1 << 20, tail.index.end - offset), at: offset)
                if bytes.isEmpty { break }
                try file.write(bytes, at: offset)
                offset += bytes.count
            }
        }
        try file.sync()
    }

    /// Checks that the sealed segments follow one another, reads those that are due, and replays them.
    private func replaySealed(_ sealed: [UInt64], before active: UInt64) throws(LogError) {
        var verifyFrom = sealed.count
        var bytes = 0
        while verifyFrom > 0, bytes < options.verifyBytes {
            verifyFrom -= 1
            let path = SegmentName.path(options.directory, sealed[verifyFrom])
            bytes += try files { () throws(IOError) in try Files.info(path)?.size ?? 0 }
        }
        for (slot, first) in sealed.enumerated() {
            let next = slot + 1 < sealed.count ? sealed[slot + 1] : active
            let index: SparseIndex
            if slot >= verifyFrom || next > replayAfter &+ 1 {
                index = try readSealed(first)
            } else {
                index = try Segment.open(options.directory, first: first).index
            }
            if index.last &+ 1 != next { throw gap(after: first, last: index.last, next: next) }
        }
    }

    private func readSealed(_ first: UInt64) throws(LogError) -> SparseIndex {
        let (file, header) = try Segment.openFile(options.directory, first: first)
        let size = try files { () throws(IOError) in try file.size() }
        let index = try Segment.scan(file, header, end: size) { (frame, scanner) throws(LogError) in
            try replay(frame, scanner)
        }
        if SparseIndex.load(options.directory, first: first) != index { index.save(options.directory) }
        return index
    }

    private func replay(_ frame: FrameHeader, _ scanner: borrowing FrameScanner) throws(LogError) {
        if frame.sequence <= replayAfter { return }
        do {
            try replay(scanner.record(frame))
        } catch {
            throw LogError(.replay, "record \(frame.sequence) of the log in \(options.directory) cannot be replayed: \(error)")
        }
    }

    private func missing(_ first: UInt64, _ last: UInt64) -> LogError {
        LogError(
            .missing, "records \(first) to \(last) of the log in \(options.directory) are missing: a segment file is gone; restore it from a backup")
    }

    private func gap(after first: UInt64, last: UInt64, next: UInt64) -> LogError {
        let path = SegmentName.path(options.directory, first)
        let folder = Files.parent(of: options.directory)
        return LogError(
            .missing,
            "records \(last &+ 1) to \(next &- 1) of the log are missing: \(path) ends with record \(last) and the next segment "
                + "starts with \(next); restore the missing file from a backup, or run: signalbox log repair --data \(folder)")
    }

    private func behind(_ last: UInt64) -> LogError {
        LogError(
            .missing,
            "the log in \(options.directory) ends with record \(last), but record \(replayAfter) was on disk once: "
                + "the log and the snapshots are not from the same time; restore both from one backup")
    }
}

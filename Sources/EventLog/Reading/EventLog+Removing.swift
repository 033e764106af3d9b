import Dispatch
import IO
import Synchronization

extension EventLog {
    /// Ends the segment that is appended to where its first record is older than `time` (milliseconds since 1970), so that it
    /// can be removed in its turn: one that is not full would never go. Blocks on the disk.
    package func seal(startedBefore time: Int64) throws(LogError) {
        guard let first = try record(at: catalogue.firsts.active), first.time < time else { return }
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex(Result<Void, LogError>.success(()))
        writer.sync(seals: true) { result in
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        try outcome.withLock { $0 }.get()
    }

    /// Removes the oldest sealed segments, as long as all their records are older than `time` (milliseconds since 1970).
    /// The segment that is appended to always stays. Needs `mayForgetOldest`. Blocks on the disk.
    /// - Returns: how many were removed.
    @discardableResult
    package func removeSegments(endingBefore time: Int64) throws(LogError) -> Int {
        try removeSegments { $0.latest < time }
    }

    /// Removes the oldest sealed segments, as long as `isOver` says so. The segment that is appended to always stays. Needs
    /// `mayForgetOldest`. Blocks on the disk.
    @discardableResult
    package func removeSegments(while isOver: (SealedSegment) -> Bool) throws(LogError) -> Int {
        guard options.mayForgetOldest else { return 0 }
        let removed = try catalogue.removeOldest { segment in
            isOver(SealedSegment(
                path: segment.file.path, first: segment.index.first, last: segment.index.last, bytes: segment.index.end,
                latest: segment.index.latest))
        }
        try files { () throws(IOError) in
            for first in removed {
                try Files.unlinkIfPresent(SegmentName.path(options.directory, first))
                try Files.unlinkIfPresent(SegmentName.indexPath(options.directory, first))
                try Files.unlinkIfPresent(SegmentName.termsPath(options.directory, first))
            }
            if !removed.isEmpty { try Files.syncDirectory(options.directory) }
        }
        return removed.count
    }
}

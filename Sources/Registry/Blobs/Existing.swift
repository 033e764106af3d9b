import Glibc
internal import IO

/// What already has a blob's name, to be compared with content that is known to be good.
struct Existing {
    let isPresent: Bool
    /// Nil as well when the file cannot be opened or examined: then it is as good as corrupted.
    private let file: File?
    private let size: Int

    init(_ path: String) {
        let info = try? Files.info(path)
        isPresent = info != nil
        size = info?.size ?? 0
        file = info?.kind == .file ? try? File(path, .read) : nil
    }

    /// Whether the file has exactly the bytes that `good` gives; stops at the first difference.
    /// - Parameter good: the bytes at an offset, which lie within `size`. Its errors are passed on, those of the existing file mean
    ///   that it is not the same.
    func matches(
        size wanted: Int, _ good: (_ offset: Int, _ count: Int) throws(IOError) -> ArraySlice<UInt8>
    ) throws(IOError) -> Bool {
        guard let file, size == wanted else { return false }
        var offset = 0
        while offset < wanted {
            let count = min(UploadContent.readSize, wanted - offset)
            guard let there = try? file.read(count: count, at: offset) else { return false }
            guard Self.areEqual(try good(offset, count), there) else { return false }
            offset &+= count
        }
        return true
    }

    private static func areEqual(_ left: ArraySlice<UInt8>, _ right: [UInt8]) -> Bool {
        unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                guard left.count == right.count else { return false }
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return unsafe memcmp(first, second, left.count) == 0
            }
        }
    }
}

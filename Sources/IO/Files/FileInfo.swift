import CLinux
import Glibc

/// What the file system knows about a file.
package struct FileInfo: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case file, directory, link, other }

    package let kind: Kind
    /// Bytes.
    package let size: Int
    /// Bytes that the file occupies on disk, less than `size` where it has holes.
    package let allocated: Int
    /// When the content last changed, in milliseconds since 1970.
    package let modified: Int64
    /// The number of names the file has.
    package let links: Int
    package let inode: UInt64
    /// The permission bits.
    package let mode: UInt32
    package let owner: UInt32
    package let group: UInt32

    init(_ status: stat) {
        kind = switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        case S_IFLNK: .link
        default: .other
        }
        size = Int(status.st_size)
        allocated = Int(status.st_blocks) &* 512
        modified = Int64(status.st_mtim.tv_sec) &* 1000 &+ Int64(status.st_mtim.tv_nsec) / 1_000_000
        links = Int(status.st_nlink)
        inode = UInt64(status.st_ino)
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
    }
}

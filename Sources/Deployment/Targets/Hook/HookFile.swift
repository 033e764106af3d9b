import IO

/// A program in the hooks folder itself: not below it, not elsewhere through a link.
struct HookFile: Sendable {
    let folder: String
    let name: String

    var path: String { folder + "/" + name }

    /// Names that cannot lead out of the folder, and that are no option of anything.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 100, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    /// What there is instead, for whoever has misspelt it. Blocks.
    private var others: String {
        let names = ((try? Files.list(folder)) ?? []).filter { name in
            guard Self.isName(name), let info = try? Files.linkInfo(folder + "/" + name) else { return false }
            return info.kind == .file && info.mode & 0o111 != 0
        }
        guard !names.isEmpty else { return "no program is there: put it there, and make it executable (chmod +x)" }
        return "there are " + names.prefix(50).joined(separator: ", ") + (names.count > 50 ? " and others" : "")
    }

    /// Whether it may be run. Blocks.
    func check() throws(DeploymentError) {
        let info: FileInfo?
        let folderMode: UInt32
        do throws(IOError) {
            info = try Files.linkInfo(path)
            folderMode = try Files.info(folder)?.mode ?? 0
        } catch {
            throw DeploymentError(.unavailable, error.description)
        }
        guard folderMode & 0o002 == 0 else {
            throw DeploymentError(.invalid, "the hooks folder \(folder) may be changed by anybody: chmod o-w \(folder)")
        }
        guard let info else { throw DeploymentError(.notFound, "there is no hook \"\(name)\" in the hooks folder \(folder); \(others)") }
        switch info.kind {
        case .file: break
        case .link: throw DeploymentError(.invalid, "the hook \(path) is a symbolic link: put the program itself into the folder")
        case .directory, .other: throw DeploymentError(.invalid, "the hook \(path) is not a file; \(others)")
        }
        guard info.mode & 0o111 != 0 else {
            throw DeploymentError(.invalid, "the hook \(path) is not executable: chmod +x \(path)")
        }
        guard info.mode & 0o002 == 0 else {
            throw DeploymentError(.invalid, "the hook \(path) may be changed by anybody: chmod o-w \(path)")
        }
    }
}

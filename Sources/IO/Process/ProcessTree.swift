import Glibc

/// Which process is whose child, as `/proc` shows it at one moment.
package struct ProcessTree: Sendable {
    private var children: [pid_t: [pid_t]] = [:]

    /// Blocks for some milliseconds where there are thousands of processes.
    package init() {
        for name in (try? Files.list("/proc")) ?? [] {
            guard let pid = pid_t(name), let parent = Self.parent(of: pid) else { continue }
            children[parent, default: []].append(pid)
        }
    }

    /// All below some processes, without these.
    package func descendants(of roots: some Sequence<Int32>) -> Set<Int32> {
        var found: Set<pid_t> = []
        var open = Array(roots)
        let roots = Set(open)
        while let pid = open.popLast() {
            for child in children[pid] ?? [] where !roots.contains(child) && found.insert(child).inserted { open.append(child) }
        }
        return found
    }

    /// From `pid (name) state parent ...`; the name may have anything in it, parentheses too.
    private static func parent(of pid: pid_t) -> pid_t? {
        guard let stat = try? Files.read("/proc/\(pid)/stat", limit: 4096), let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? pid_t(String(decoding: fields[1], as: UTF8.self)) : nil
    }
}

import Glibc
import JSON
import OCI

/// The environment of a program that a target runs: three variables of the hub's own, what the target sets, and what is deployed.
enum ProcessVariables {
    private static let search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Where tests have programs of theirs; nil for the hub's own `PATH`.
    @TaskLocal static var searchPath: String?

    /// What every program needs. Nothing else of the hub's environment, which may hold secrets, is passed on.
    static var inherited: [String: String] {
        ["PATH": searchPath ?? variable("PATH") ?? search, "HOME": variable("HOME") ?? "/", "LANG": variable("LANG") ?? "C.UTF-8"]
    }

    /// A program on the hub's search path.
    static func program(_ name: String) -> String? {
        (inherited["PATH"] ?? search).split(separator: ":").map { "\($0)/\(name)" }
            .first { unsafe $0.hasPrefix("/") && access($0, X_OK) == 0 }
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    static func describing(_ run: TargetRun) -> [String: String] {
        let request = run.request
        return [
            "SIGNALBOX_EVENT_ID": run.values.event["id"]?.string ?? "",
            "SIGNALBOX_EVENT_TYPE": run.values.event["type"]?.string ?? "",
            "SIGNALBOX_REGISTRY": request.registry,
            "SIGNALBOX_REPOSITORY": request.repository,
            "SIGNALBOX_TAG": request.tag ?? "",
            "SIGNALBOX_DIGEST": request.digest.description,
            "SIGNALBOX_PREVIOUS_DIGEST": request.previousDigest?.description ?? "",
            "SIGNALBOX_IMAGE": request.image,
            "SIGNALBOX_ENVIRONMENT": request.environment,
            "SIGNALBOX_TRIGGER": request.trigger,
            "SIGNALBOX_DEPLOYMENT": request.id,
            "SIGNALBOX_ATTEMPT": String(request.attempt),
        ]
    }

    /// Variables that a target sets. Those that decide which program runs are not a trigger's to set.
    static func read(_ reader: SettingsReader, _ key: String) throws(DeploymentError) -> [String: SettingText] {
        var variables: [String: SettingText] = [:]
        for member in try reader.members(key, limit: 100) ?? [] {
            let place = SettingsReader.place(of: member.key, in: reader.place(of: key))
            guard isName(member.key) else {
                throw DeploymentError(.invalid, "\"\(member.key)\" is not the name of a variable", pointer: place)
            }
            guard !isReserved(member.key) else {
                throw DeploymentError(.invalid, "the variable \(member.key) is not a trigger's to set", pointer: place)
            }
            let text = try SettingText(member.value, pointer: place)
            try checkLength("\(member.key)=\(text.literal)", place)
            variables[member.key] = text
        }
        return variables
    }

    /// The most bytes of an argument, and of a variable with its name: Linux's MAX_ARG_STRLEN without the byte that ends them.
    private static let longest = 32 * 4096 - 1

    static func checkLength(_ text: String, _ pointer: String) throws(DeploymentError) {
        guard text.utf8.count > longest else { return }
        throw DeploymentError(
            .invalid, "\"\(pointer.dropFirst())\" has \(text.utf8.count) bytes, and no program can be started with more than \(longest): put it into a file",
            pointer: pointer)
    }

    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private static func isReserved(_ name: String) -> Bool {
        reserved.contains(name) || ["SIGNALBOX_", "LD_", "BASH_FUNC_", "GIT_CONFIG", "GIT_TRACE", "LUA_INIT"].contains { name.hasPrefix($0) }
    }

    /// What shells, interpreters, and programs that hooks often call, run, take options from, or write to: a hook is a file too.
    private static let reserved: Set<String> = [
        "PATH", "HOME", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4", "GCONV_PATH",
        "PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME", "PYTHONBREAKPOINT", "PERL5LIB", "PERL5OPT", "PERL5DB", "PERLLIB", "RUBYOPT", "RUBYLIB",
        "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "DOTNET_STARTUP_HOOKS",
        "GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND", "GIT_ASKPASS", "GIT_EXTERNAL_DIFF", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER",
        "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "SSH_ASKPASS", "SUDO_ASKPASS", "EDITOR", "VISUAL", "PAGER", "MANPAGER", "SYSTEMD_PAGER", "AWS_PAGER",
        "KUBE_EDITOR", "KUBECTL_EXTERNAL_DIFF", "LESSOPEN", "LESSCLOSE", "BROWSER", "TAR_OPTIONS", "RSYNC_RSH", "RSYNC_CONNECT_PROG",
        "MAKEFLAGS", "GNUMAKEFLAGS", "MAKEFILES", "SSLKEYLOGFILE",
    ]
}

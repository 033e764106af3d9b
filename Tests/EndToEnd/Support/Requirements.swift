import Foundation
import Testing

/// The continuous integration: there nothing may be left out.
let isContinuousIntegration = ProcessInfo.processInfo.environment["CI"] == "true"

extension Trait where Self == ConditionTrait {
    /// Runs the test where the programs are installed, and requires it in continuous integration.
    static func needs(_ programs: String...) -> Self {
        .enabled("needs \(programs.joined(separator: ", "))") {
            isContinuousIntegration || programs.allSatisfy(isInstalled)
        }
    }

    /// As `needs`, for what only root can do.
    static func needsRoot(_ programs: String...) -> Self {
        .enabled("needs root and \(programs.joined(separator: ", "))") {
            isContinuousIntegration || (getuid() == 0 && programs.allSatisfy(isInstalled))
        }
    }
}

/// Whether a program is on the search path.
func isInstalled(_ program: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
    return folders.contains { folder in FileManager.default.isExecutableFile(atPath: folder + "/" + program) }
}

/// How often a randomized test repeats: a small number by default, a greater one in a full run.
func rounds(_ variable: String, default standard: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? standard
}

/// The Python that has the reference library for webhook signatures, if there is one.
let pythonWithStandardWebhooks: String? = [Place.package + "/.build/python/bin/python3", "python3"].first {
    (try? run([$0, "-c", "import standardwebhooks"]))?.status == 0
}

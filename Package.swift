// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same rules: Swift 6 strict concurrency and no warnings.
let testRules: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// What ships also marks unsafe code where it stands.
let rules = testRules + [.strictMemorySafety()]

func module(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies, path: "Tests/" + name, swiftSettings: testRules)
}

// Dependencies point from effects to facts; `.ci/check-imports` holds the sources to this table.
let package = Package(
    name: "signalbox",
    products: [.executable(name: "signalbox", targets: ["signalbox"])],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        module("JSON"),
        module("Crypto", "COpenSSL"),
        module("IO", "CLinux", "COpenSSL", "Crypto"),
        module("HTTP", "IO"),
        module("OCI", "JSON", "Crypto"),
        module("EventLog", "CLinux", "IO", "Crypto"),
        module("Events", "OCI", "JSON", "Crypto"),
        module("EventPattern", "JSON"),
        module("Registry", "OCI", "JSON", "Events", "EventLog", "Crypto", "IO"),
        module("Delivery", "OCI", "Events", "JSON", "EventLog", "EventPattern", "HTTP", "Crypto", "IO"),
        module("Deployment", "OCI", "Events", "JSON", "EventLog", "EventPattern", "HTTP", "Crypto", "IO"),
        module("Scanning", "OCI", "Events", "JSON", "EventLog", "IO", "HTTP"),
        module("Audit", "OCI", "Events", "JSON", "EventLog", "EventPattern", "Crypto", "IO"),
        module(
            "Server", "JSON", "Crypto", "IO", "HTTP", "OCI", "EventLog", "Events", "EventPattern", "Registry",
            "Delivery", "Deployment", "Scanning", "Audit"),
        .executableTarget(
            name: "signalbox",
            dependencies: ["Server", "HTTP", "IO", "JSON", "Crypto", "EventLog", "EventPattern", "Audit"], swiftSettings: rules),
        // Shared by tests; it ships nowhere.
        .target(name: "TestSupport", dependencies: ["EventLog", "CLinux"], path: "Tests/TestSupport", swiftSettings: testRules),
        tests("JSON", "JSON"),
        tests("Crypto", "Crypto"),
        tests("IO", "IO", "Crypto", "TestSupport"),
        tests("HTTP", "HTTP", "IO", "TestSupport"),
        tests("OCI", "OCI", "JSON"),
        tests("EventLog", "EventLog", "IO", "Crypto", "TestSupport"),
        tests("Events", "Events", "OCI", "JSON"),
        tests("EventPattern", "EventPattern", "JSON", "TestSupport"),
        tests("Registry", "Registry", "OCI", "JSON", "Events", "EventLog", "Crypto", "IO"),
        tests("Delivery", "Delivery", "OCI", "Events", "EventLog", "EventPattern", "HTTP", "IO", "Crypto", "JSON", "TestSupport"),
        tests(
            "Deployment", "Deployment", "OCI", "Events", "EventLog", "EventPattern", "HTTP", "IO", "Crypto", "JSON",
            "TestSupport"),
        tests("Scanning", "Scanning", "OCI", "Events", "EventLog", "IO", "HTTP", "JSON", "TestSupport"),
        tests("Audit", "Audit", "OCI", "Events", "EventLog", "EventPattern", "Crypto", "IO", "JSON", "TestSupport"),
        tests("Server", "Server", "HTTP", "IO", "JSON", "Crypto", "EventLog", "Events"),
        tests("EndToEnd", "signalbox", "HTTP", "IO", "JSON", "Crypto", "EventLog", "TestSupport"),
    ]
)

// What measures is built only when it is asked for.
if Context.environment["SIGNALBOX_BENCHMARKS"] != nil {
    package.targets += [
        .executableTarget(
            name: "audit-benchmark", dependencies: ["Audit", "EventLog", "Events", "OCI", "JSON", "IO", "Crypto"], path: "Benchmarks/audit",
            exclude: ["run"], swiftSettings: testRules),
        .executableTarget(
            name: "patterns-benchmark", dependencies: ["EventPattern", "Crypto"], path: "Benchmarks/patterns",
            exclude: ["run", "README.md"], swiftSettings: testRules),
        .executableTarget(name: "tag-moves", dependencies: ["TestSupport"], path: "Benchmarks/moves", swiftSettings: testRules),
    ]
}
